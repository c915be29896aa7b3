import { KAD } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';
import { compareDistance, placeBeyond, sharedBits, type Place } from '../place.ts';
import { Bucket, type Neighbour } from './bucket.ts';

/** What a table says when something in it has changed. */
export interface TableEvents {
  /** A node answers that was not known. */
  readonly onJoined?: (contact: PlacedContact) => void;
  /** A node does not answer any more, or is none any more. */
  readonly onLost?: (contact: PlacedContact) => void;
  /** Somebody should be asked whether it is there. */
  readonly onDoubt?: (contact: PlacedContact) => void;
}

/**
 * Whom a node knows, by their distance: each bucket holds those who share so many leading bits with its own place. In it are
 * only those who have answered; that a node lives is learnt from the traffic that there is, and asked where there is none.
 */
export class RoutingTable {
  readonly #own: Place;
  readonly #events: TableEvents;
  readonly #buckets = new Map<number, Bucket>();

  constructor(own: Place, events: TableEvents = {}) {
    this.#own = own;
    this.#events = events;
  }

  get size(): number {
    let size = 0;
    for (const bucket of this.#buckets.values()) size += bucket.size;
    return size;
  }

  *neighbours(): Generator<Neighbour, void, void> {
    for (const bucket of this.#buckets.values()) yield* bucket.neighbours();
  }

  find(contact: PlacedContact): Neighbour | undefined {
    return this.#buckets.get(sharedBits(this.#own, contact.place))?.find(contact.name);
  }

  /** Those nearest to a place, the nearest first. */
  closest(target: Place, count: number): readonly PlacedContact[] {
    const nearest: PlacedContact[] = [];
    for (const bucket of this.#buckets.values()) {
      for (const { contact } of bucket.neighbours()) putNearest(nearest, contact, target, count);
    }
    return nearest;
  }

  /** How many neighbours are nearer to a place than the own one is. */
  countNearer(target: Place): number {
    let count = 0;
    for (const { contact } of this.neighbours()) if (compareDistance(target, contact.place, this.#own) < 0) count += 1;
    return count;
  }

  /** It has answered, at that address. @param took milliseconds; undefined where nothing was measured */
  answered(contact: PlacedContact, now: number, took?: number): void {
    const bucket = this.#bucketOf(contact.place);
    const known = bucket.find(contact.name);
    const neighbour = known ?? bucket.add(contact, now);
    if (neighbour === undefined) return;
    neighbour.contact = contact;
    neighbour.heard = now;
    neighbour.failures = 0;
    if (took !== undefined) neighbour.times.add(took);
    if (known === undefined) this.#events.onJoined?.(contact);
  }

  /**
   * It has asked something, and says where it can be reached. Nothing is believed of that address before somebody answered
   * there; of a known one at the same address it is a sign of life.
   *
   * @returns whether it should be asked, because it would find a place
   */
  asked(contact: PlacedContact, now: number): boolean {
    const bucket = this.#bucketOf(contact.place);
    const known = bucket.find(contact.name);
    if (known === undefined) return !bucket.isFull || bucket.add(contact, now) !== undefined;
    if (!isSameAddress(known.contact, contact)) return true;
    known.heard = now;
    return false;
  }

  /** It has not answered. The second time in a row puts it out. */
  failed(contact: PlacedContact, now: number): void {
    const neighbour = this.find(contact);
    if (neighbour === undefined || !isSameAddress(neighbour.contact, contact)) return;
    neighbour.failures += 1;
    neighbour.failed = now;
    if (neighbour.failures >= KAD.failures) this.remove(contact);
    else this.#events.onDoubt?.(neighbour.contact);
  }

  remove(contact: PlacedContact): void {
    const bucket = this.#bucketOf(contact.place);
    const known = bucket.find(contact.name);
    const spare = bucket.remove(contact.name);
    if (known !== undefined) this.#events.onLost?.(known.contact);
    if (spare !== undefined) this.#events.onDoubt?.(spare);
  }

  /** Drops whom a new charter does not allow, or gives another place. */
  keepOnly(isAllowed: (contact: PlacedContact) => boolean): void {
    const dropped = [...this.#buckets.values()].flatMap((bucket) => bucket.keepOnly(isAllowed));
    for (const { contact } of dropped) this.#events.onLost?.(contact);
  }

  /**
   * Who has not been heard for long, the longest first. Large tables are gone through at a pace, so that an idle node costs
   * little however many it knows.
   */
  quiet(now: number): readonly PlacedContact[] {
    const patience = Math.max(KAD.quietMs, this.size * KAD.probePaceMs);
    const quiet = [...this.neighbours()].filter(({ heard, failures }) => failures === 0 && now - heard >= patience);
    return quiet.sort((a, b) => a.heard - b.heard).map(({ contact }) => contact);
  }

  /** That something near a place was sought just now: its bucket needs no refresh. */
  looked(target: Place, now: number): void {
    const bucket = this.#buckets.get(sharedBits(this.#own, target));
    if (bucket !== undefined) bucket.looked = now;
  }

  /** Places in the buckets that should be looked up anew: those up to the nearest neighbour, in which nothing was sought. */
  stale(now: number, chance: () => number): readonly Place[] {
    const depth = Math.max(-1, ...[...this.#buckets].filter(([, { size }]) => size > 0).map(([bits]) => bits));
    const bits = Array.from({ length: depth + 1 }, (_, at) => at);
    return bits
      .filter((at) => now - (this.#buckets.get(at)?.looked ?? -Infinity) >= KAD.refreshMs)
      .map((at) => {
        this.#bucketAt(at).looked = now;
        return placeBeyond(this.#own, at, chance);
      });
  }

  #bucketOf(place: Place): Bucket {
    return this.#bucketAt(sharedBits(this.#own, place));
  }

  #bucketAt(bits: number): Bucket {
    const bucket = this.#buckets.get(bits) ?? new Bucket();
    this.#buckets.set(bits, bucket);
    return bucket;
  }
}

/** Of hundreds a handful are the nearest: most are held against the last of those, and no more. */
function putNearest(nearest: PlacedContact[], contact: PlacedContact, target: Place, count: number): void {
  let at = nearest.length;
  for (; at > 0; at -= 1) {
    const before = nearest[at - 1];
    if (before === undefined || compareDistance(target, before.place, contact.place) <= 0) break;
  }
  if (at >= count) return;
  nearest.splice(at, 0, contact);
  if (nearest.length > count) nearest.pop();
}

export function isSameAddress(a: PlacedContact, b: PlacedContact): boolean {
  return a.address.host === b.address.host && a.address.port === b.address.port;
}
