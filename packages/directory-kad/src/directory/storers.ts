import { KAD } from '../constants.ts';
import { byDistance, type PlacedContact } from '../contact.ts';
import type { KadNode } from '../node/kad-node.ts';
import { compareDistance, type Place } from '../place.ts';

/** Who keeps what lies at a place. */
export interface StorerSet {
  readonly others: readonly PlacedContact[];
  /** Whether the own node is one of them. */
  readonly self: boolean;
}

const MOST_SETS = 4_096;

/** Finds who keeps what lies at a place, and remembers it for a while. */
export class Storers {
  readonly #node: KadNode;
  readonly #sets = new Map<string, StorerSet & { readonly until: number }>();

  constructor(node: KadNode) {
    this.#node = node;
  }

  async of(place: Place, signal?: AbortSignal): Promise<StorerSet> {
    const known = this.#sets.get(nameOf(place));
    if (known !== undefined && this.#isFresh(place, known)) return known;
    const { closest } = await this.#node.lookup({ target: place, request: () => ({ kind: 'find', target: place }), signal });
    const set = this.setOf(place, closest);
    if (signal?.aborted !== true) this.#remember(place, set);
    return set;
  }

  /** Of those who answered, who keeps it: the nearest, the own node among them where it is as near. */
  setOf(place: Place, closest: readonly PlacedContact[]): StorerSet {
    const last = closest[KAD.replicas - 1];
    const self = this.#node.isNode && (last === undefined || this.#node.isNearer(place, last.place));
    const count = self ? KAD.replicas - 1 : KAD.replicas;
    return { self, others: [...closest].sort(byDistance(place)).slice(0, count) };
  }

  forget(place: Place): void {
    this.#sets.delete(nameOf(place));
  }

  #remember(place: Place, set: StorerSet): void {
    this.#sets.delete(nameOf(place));
    this.#sets.set(nameOf(place), { ...set, until: this.#node.clock.millis() + KAD.storersMs });
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > MOST_SETS && oldest !== undefined) this.#sets.delete(oldest);
  }

  /** Whether it was found not long ago, and nobody has come or gone since as far as the table knows. */
  #isFresh(place: Place, { others, until }: StorerSet & { readonly until: number }): boolean {
    if (this.#node.clock.millis() >= until) return false;
    const last = others[others.length - 1];
    if (last === undefined) return false;
    const names = new Set(others.map(({ name }) => name));
    const isFarther = ({ place: where }: PlacedContact): boolean => compareDistance(place, where, last.place) > 0;
    return this.#node.nearest(place, others.length).every((contact) => names.has(contact.name) || isFarther(contact));
  }
}

function nameOf(place: Place): string {
  return Buffer.from(place.buffer, place.byteOffset, place.byteLength).toString('latin1');
}
