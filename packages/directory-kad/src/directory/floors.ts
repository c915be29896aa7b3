import { compareRecords, showRecordKey, type IdentityId, type RecordKey, type VerifiedRecord } from '@themis-mesh/core';
import type { Reading } from './reading.ts';

/** What was seen last under a key. */
export interface Floor {
  readonly record: VerifiedRecord;
  /** When those who keep it were last heard to. Seconds since 1970. */
  readonly heard: number;
}

const MOST_FLOORS = 16_384;

/** The newest seen under each key: whoever has seen a record is never given an older one, nor told that there is none. */
export class Floors {
  readonly #reading: Reading;
  readonly #floors = new Map<string, Floor>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** What was seen under a key, as long as it is good. */
  find(key: RecordKey): Floor | undefined {
    const floor = this.#floors.get(showRecordKey(key));
    return floor !== undefined && this.#reading.believe(floor.record) !== undefined ? floor : undefined;
  }

  /** The instances seen of a service that are good. */
  instances(service: IdentityId): readonly Floor[] {
    const prefix = `instance/${service}/`;
    return [...this.#floors].flatMap(([name, { record }]) => (name.startsWith(prefix) ? (this.find(record.key) ?? []) : []));
  }

  /** @returns the newer of the two: the record that was just heard of, or what was seen before */
  raise(record: VerifiedRecord): Floor {
    const before = this.find(record.key);
    const heard = { record, heard: this.#reading.now };
    if (before !== undefined) {
      const order = compareRecords(before.record, record);
      if (order === 'older' || order === 'forks') return before;
    }
    const name = showRecordKey(record.key);
    this.#floors.delete(name);
    this.#floors.set(name, heard);
    const [oldest] = this.#floors.keys();
    if (this.#floors.size > MOST_FLOORS && oldest !== undefined) this.#floors.delete(oldest);
    return heard;
  }
}
