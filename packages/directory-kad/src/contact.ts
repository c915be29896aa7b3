import type { Address, IdentityId } from '@themis-mesh/core';
import { compareDistance, type Place } from './place.ts';
import type { NodeRoster } from './roster.ts';

/**
 * A node, as others are told of it. Whoever hears of one finds it in the charter or drops it, so that its address is the only
 * thing that can be a lie; the channel then proves the identity.
 */
export interface Contact {
  readonly identity: IdentityId;
  /** Which of the nodes that the charter allows the identity: 0 to 63. */
  readonly index: number;
  readonly address: Address;
}

/** A contact that the charter allows, with the place that follows from it. */
export interface PlacedContact extends Contact {
  readonly place: Place;
  /** {@link nameOfNode}, which is the same for two contacts of one node. */
  readonly name: string;
}

export function nameOfNode({ identity, index }: Pick<Contact, 'identity' | 'index'>): string {
  return `${identity}/${index}`;
}

/** @returns undefined where the charter knows no such node */
export function placeContact(contact: Contact, roster: NodeRoster): PlacedContact | undefined {
  const { identity, index, address } = contact;
  const place = roster.placeOf(identity, index);
  return place === undefined ? undefined : { identity, index, address, place, name: nameOfNode(contact) };
}

/** The nearest first. */
export function byDistance(target: Place): (a: PlacedContact, b: PlacedContact) => number {
  return (a, b) => compareDistance(target, a.place, b.place);
}

/** What is told to others of a contact. */
export function plainContact({ identity, index, address }: Contact): Contact {
  return { identity, index, address: { host: address.host, port: address.port } };
}
