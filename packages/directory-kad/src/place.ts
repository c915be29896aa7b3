import { sha256, type IdentityId, type RecordKey } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';

/** A point of the space in which nodes and records lie: 32 bytes. The distance of two is their exclusive or, as a number. */
export type Place = Uint8Array & { readonly [PLACE]: true };

declare const PLACE: unique symbol;

export const PLACE_BYTES = 32;

/** @returns undefined where the bytes are not 32 */
export function asPlace(bytes: Uint8Array): Place | undefined {
  return bytes.length === PLACE_BYTES ? (bytes as Place) : undefined;
}

/**
 * The place of a node: SHA-256 of `themis-kad/1 node`, a zero byte, the identity's ID, the salt that the charter gives it, and
 * one byte of the index. An identity is chosen before its salt is known, and the owner draws the salt: nobody chooses a place.
 *
 * ID and index have a fixed length, so that the parts cannot run into each other.
 */
export function placeOfNode(identity: IdentityId, salt: Uint8Array, index: number): Place {
  const head = Buffer.from(`themis-kad/1 node\0${identity}`, 'latin1');
  return sha256(Buffer.concat([head, salt, Uint8Array.of(index)])) as Place;
}

/**
 * The place of a record: SHA-256 of `themis-kad/1 record`, a zero byte, and the ID of the identity that signs it.
 *
 * All records that one identity signs lie together: the storers that judge a record have the history that it is judged by, and
 * the instances of a service are found by one lookup. What is sought is hashed: who hears of a place learns nothing from it that
 * he did not know from the charter.
 */
export function placeOfRecord(key: Watched): Place {
  return sha256(Buffer.from(`themis-kad/1 record\0${signerOf(key)}`, 'latin1')) as Place;
}

/** The identity whose history says who signs what lies under a key. */
export function signerOf(key: Watched | RecordKey): IdentityId {
  return key.kind === 'head' ? key.by : key.id;
}

/** Negative where `a` is nearer to the target than `b` is, positive where it is farther, 0 where they are one. */
export function compareDistance(target: Place, a: Place, b: Place): number {
  for (let at = 0; at < PLACE_BYTES; at += 1) {
    const [left, right] = [a[at] ?? 0, b[at] ?? 0];
    if (left !== right) return (left ^ (target[at] ?? 0)) - (right ^ (target[at] ?? 0));
  }
  return 0;
}

/** How many leading bits two places share: 0 to 256. */
export function sharedBits(a: Place, b: Place): number {
  for (let at = 0; at < PLACE_BYTES; at += 1) {
    const difference = (a[at] ?? 0) ^ (b[at] ?? 0);
    if (difference !== 0) return at * 8 + Math.clz32(difference) - 24;
  }
  return PLACE_BYTES * 8;
}

/** A place that shares exactly so many leading bits with another; the others are drawn. @param bits 0 to 255 */
export function placeBeyond(place: Place, bits: number, chance: () => number): Place {
  const drawn = Uint8Array.from(place, (byte, at) => {
    const random = Math.floor(chance() * 256);
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    const mask = 0xff >> kept;
    return (byte & ~mask) | (random & mask);
  });
  const at = bits >> 3;
  const bit = 0x80 >> (bits & 7);
  drawn[at] = ((drawn[at] ?? 0) & ~bit) | (~(place[at] ?? 0) & bit);
  return drawn as Place;
}
