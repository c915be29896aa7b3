import { KAD } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';
import { RoundTrips } from './round-trips.ts';

/** What is known of a contact that was heard of directly. */
export interface Neighbour {
  contact: PlacedContact;
  /** When it came, and when it was last heard. Milliseconds of the monotonic clock. */
  readonly since: number;
  heard: number;
  /** Requests in a row that it did not answer, and when the last one failed. */
  failures: number;
  failed: number;
  readonly times: RoundTrips;
}

/**
 * The neighbours at about one distance. Who is there stays for as long as it answers, and newcomers wait: a node that has run
 * for long is likely to run on, and an attacker cannot push it out (Maymounkov and Mazières 2002, section 2.2).
 */
export class Bucket {
  readonly #neighbours = new Map<string, Neighbour>();
  /** Those who wait, the one heard last at the end. */
  readonly #spares = new Map<string, PlacedContact>();
  /** When something in it was last looked up. */
  looked: number = -Infinity;

  get size(): number {
    return this.#neighbours.size;
  }

  get isFull(): boolean {
    return this.#neighbours.size >= KAD.bucket;
  }

  neighbours(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  find(name: string): Neighbour | undefined {
    return this.#neighbours.get(name);
  }

  /** @returns undefined where there is no room: the contact waits then */
  add(contact: PlacedContact, now: number): Neighbour | undefined {
    if (this.isFull) {
      this.#spares.delete(contact.name);
      this.#spares.set(contact.name, contact);
      const [oldest] = this.#spares.keys();
      if (this.#spares.size > KAD.spares && oldest !== undefined) this.#spares.delete(oldest);
      return undefined;
    }
    this.#spares.delete(contact.name);
    const neighbour = { contact, since: now, heard: now, failures: 0, failed: 0, times: new RoundTrips() };
    this.#neighbours.set(contact.name, neighbour);
    return neighbour;
  }

  /** @returns who is to be asked whether it is there, to take the place: the spare heard last */
  remove(name: string): PlacedContact | undefined {
    this.#spares.delete(name);
    if (!this.#neighbours.delete(name)) return undefined;
    const spare = [...this.#spares.values()].pop();
    if (spare !== undefined) this.#spares.delete(spare.name);
    return spare;
  }

  /** Drops whom a charter does not allow any more. @returns the neighbours dropped */
  keepOnly(isAllowed: (contact: PlacedContact) => boolean): readonly Neighbour[] {
    const dropped = [...this.#neighbours.values()].filter(({ contact }) => !isAllowed(contact));
    for (const { contact } of dropped) this.#neighbours.delete(contact.name);
    for (const spare of this.#spares.values()) if (!isAllowed(spare)) this.#spares.delete(spare.name);
    return dropped;
  }
}
