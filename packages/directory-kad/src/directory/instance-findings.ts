import { compareRecords, type IdentityId, type VerifiedRecord } from '@themis-mesh/core';
import { KAD } from '../constants.ts';
import type { Answer } from '../messages/answer.ts';
import type { Reading } from './reading.ts';

interface Said {
  readonly path: number;
  readonly instances: ReadonlySet<string>;
  readonly total: number;
  readonly isSample: boolean;
}

/** What the nodes that were asked for a service's instances say, put together: whoever one of them knows is there. */
export class InstanceFindings {
  readonly #service: IdentityId;
  readonly #reading: Reading;
  readonly #said = new Map<string, Said>();
  readonly #bad = new Set<string>();
  readonly #found = new Map<string, VerifiedRecord>();

  constructor(service: IdentityId, reading: Reading) {
    this.#service = service;
    this.#reading = reading;
  }

  /** The newest record of each instance. Those that a history known later has ended are left out. */
  get found(): readonly VerifiedRecord[] {
    return [...this.#found.values()].flatMap((record) => this.#reading.believe(record) ?? []);
  }

  get answered(): number {
    return this.#said.size;
  }

  /** Whether somebody keeps more than it told. */
  get isSample(): boolean {
    return [...this.#said.values()].some(({ isSample }) => isSample);
  }

  /** How many there are: what the one in the middle says, so that no liar among few decides it. */
  get total(): number {
    const totals = [...this.#said.values()].map(({ total }) => total).filter((total) => total > 0);
    return totals.sort((a, b) => a - b)[totals.length >> 1] ?? 0;
  }

  hasNone(name: string): boolean {
    return this.#said.get(name)?.instances.size === 0;
  }

  isBad(name: string): boolean {
    return this.#bad.has(name);
  }

  /** @returns how many more should tell the same, or as much as they may tell. {@link Findings.take} */
  take(name: string, answer: Answer, path: number, paths: number, isNear: (name: string) => boolean): number {
    if (answer.kind !== 'records') {
      this.#bad.add(name);
      return this.#missing(paths, isNear);
    }
    if (answer.history !== undefined) this.#reading.takeHistory(this.#service, answer.history);
    const believed = answer.records.flatMap((record) => {
      const isOurs = record.key.kind === 'instance' && record.key.id === this.#service;
      return isOurs ? (this.#reading.believe(record) ?? []) : [];
    });
    if (believed.length === 0 && answer.records.length > 0) {
      this.#bad.add(name);
      return this.#missing(paths, isNear);
    }
    for (const record of believed) this.#merge(record);
    const instances = new Set(believed.map(({ key }) => instanceOf(key)));
    this.#said.set(name, { path, instances, total: answer.total, isSample: answer.total > answer.records.length });
    return this.#missing(paths, isNear);
  }

  #missing(paths: number, isNear: (name: string) => boolean): number {
    // Whoever has none may be no storer, as nodes on the way are not.
    const telling = [...this.#said].flatMap(([name, said]) => (isNear(name) && said.instances.size > 0 ? [said] : []));
    const isSame = this.isSample || telling.every(({ instances }) => instances.size === this.#found.size);
    if (!isSame) return KAD.replicas;
    const over = new Set(telling.map(({ path }) => path));
    return Math.max(KAD.readAgree - telling.length, Math.min(2, paths) - over.size, 0);
  }

  #merge(record: VerifiedRecord): void {
    const name = instanceOf(record.key);
    const before = this.#found.get(name);
    if (before === undefined || compareRecords(before, record) === 'newer') this.#found.set(name, record);
  }
}

function instanceOf(key: VerifiedRecord['key']): string {
  return key.kind === 'instance' ? key.instance : '';
}
