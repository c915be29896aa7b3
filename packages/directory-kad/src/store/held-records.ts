import { showRecordKey, type IdentityId, type RecordKey, type VerifiedRecord } from '@themis-mesh/core';
import { compareDistance, type Place } from '../place.ts';

/** A record in a store. */
export interface Held {
  readonly record: VerifiedRecord;
  readonly place: Place;
  /** Who put it here last. */
  readonly from: IdentityId;
  /** When somebody last said it. Milliseconds of the monotonic clock. */
  stored: number;
}

interface Sum {
  records: number;
  bytes: number;
}

interface AtPlace {
  readonly place: Place;
  readonly names: Set<string>;
}

/** Records by key, by service, by place and by who put them. It judges nothing. */
export class HeldRecords {
  readonly #byKey = new Map<string, Held>();
  readonly #byService = new Map<IdentityId, Map<string, Held>>();
  readonly #byPlace = new Map<string, AtPlace>();
  readonly #byPeer = new Map<IdentityId, Sum>();
  #bytes = 0;

  get size(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: RecordKey): Held | undefined {
    return this.#byKey.get(showRecordKey(key));
  }

  all(): Iterable<Held> {
    return this.#byKey.values();
  }

  instancesOf(service: IdentityId): Iterable<Held> {
    return this.#byService.get(service)?.values() ?? [];
  }

  countInstances(service: IdentityId): number {
    return this.#byService.get(service)?.size ?? 0;
  }

  *places(): Generator<Place, void, void> {
    for (const { place } of this.#byPlace.values()) yield place;
  }

  at(place: Place): readonly Held[] {
    const names = this.#byPlace.get(nameOf(place))?.names ?? [];
    return [...names].flatMap((name) => this.#byKey.get(name) ?? []);
  }

  /** What a peer has put here of others. */
  putBy(peer: IdentityId): Readonly<Sum> {
    return this.#byPeer.get(peer) ?? { records: 0, bytes: 0 };
  }

  /** The place farthest from one's own, if that is farther than another. */
  farthest(own: Place, than: Place): Place | undefined {
    let farthest = than;
    for (const { place } of this.#byPlace.values()) if (compareDistance(own, place, farthest) > 0) farthest = place;
    return farthest === than ? undefined : farthest;
  }

  add(held: Held): void {
    const { key } = held.record;
    const name = showRecordKey(key);
    this.#byKey.set(name, held);
    this.#count(held, 1);
    const at = this.#byPlace.get(nameOf(held.place)) ?? { place: held.place, names: new Set<string>() };
    at.names.add(name);
    this.#byPlace.set(nameOf(held.place), at);
    if (key.kind !== 'instance') return;
    const instances = this.#byService.get(key.id) ?? new Map<string, Held>();
    instances.set(name, held);
    this.#byService.set(key.id, instances);
  }

  remove(held: Held): void {
    const { key } = held.record;
    const name = showRecordKey(key);
    if (this.#byKey.get(name) !== held) return;
    this.#byKey.delete(name);
    this.#count(held, -1);
    const at = this.#byPlace.get(nameOf(held.place));
    at?.names.delete(name);
    if (at?.names.size === 0) this.#byPlace.delete(nameOf(held.place));
    const instances = this.#byService.get(key.id);
    if (key.kind === 'instance' && instances?.delete(name) === true && instances.size === 0) this.#byService.delete(key.id);
  }

  #count({ record: { key, bytes }, from }: Held, sign: 1 | -1): void {
    this.#bytes += sign * bytes.length;
    const signer = key.kind === 'head' ? key.by : key.id;
    if (signer === from) return;
    const sum = this.#byPeer.get(from) ?? { records: 0, bytes: 0 };
    sum.records += sign;
    sum.bytes += sign * bytes.length;
    if (sum.records === 0) this.#byPeer.delete(from);
    else this.#byPeer.set(from, sum);
  }
}

function nameOf(place: Place): string {
  return Buffer.from(place.buffer, place.byteOffset, place.byteLength).toString('latin1');
}
