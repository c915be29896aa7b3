import { byDistance, type PlacedContact } from '../contact.ts';
import { compareDistance, type Place } from '../place.ts';

/** How many of a record's storers tell a node that should be one, too: one of them could have died just then. */
const TELLERS = 2;

export interface Neighbourhood {
  /** Of the node that decides. */
  readonly own: Place;
  /** Those whom it knows, in any order. */
  readonly others: readonly PlacedContact[];
  readonly replicas: number;
}

/** Whether a node that has come should get what lies at a place, and from this node. */
export function isHeir(newcomer: PlacedContact, place: Place, { own, others, replicas }: Neighbourhood): boolean {
  const before = others.filter(({ name }) => name !== newcomer.name);
  const nearerThanNewcomer = before.filter((other) => compareDistance(place, other.place, newcomer.place) < 0).length;
  const selfIsNearer = compareDistance(place, own, newcomer.place) < 0 ? 1 : 0;
  return nearerThanNewcomer + selfIsNearer < replicas && isTeller(place, own, before);
}

/**
 * Who takes the place of a node that has gone from among the storers of a place, if this node is to tell it.
 *
 * @param gone is not among the others any more; undefined where it is the deciding node itself, which then tells all
 */
export function heirOf(
  gone: Place | undefined,
  place: Place,
  { own, others, replicas }: Neighbourhood,
): PlacedContact | undefined {
  const sorted = [...others].sort(byDistance(place));
  if (gone === undefined) return sorted[replicas - 1];
  const isNearer = (a: Place, b: Place): boolean => compareDistance(place, a, b) < 0;
  const nearerThanGone = sorted.filter((other) => isNearer(other.place, gone)).length + (isNearer(own, gone) ? 1 : 0);
  if (nearerThanGone >= replicas || !isTeller(place, own, sorted)) return undefined;
  // Of all without the one that has gone, this node among them, the last that is a storer.
  const ownRank = sorted.filter((other) => isNearer(other.place, own)).length;
  return ownRank >= replicas ? undefined : sorted[replicas - 2];
}

/** Whether this node is among the nearest to a place. */
export function isTeller(place: Place, own: Place, others: readonly PlacedContact[]): boolean {
  return others.filter((other) => compareDistance(place, other.place, own) < 0).length < TELLERS;
}
