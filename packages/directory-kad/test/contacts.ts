import { sha256 } from '@themis-mesh/core';
import type { Place, PlacedContact } from '@themis-mesh/directory-kad';
import { asPlace } from '../src/place.ts';
import { idOf } from './vectors/cases.ts';

/** A place that is the same in each run. */
export function placeAt(text: string): Place {
  return asPlace(sha256(text)) ?? fail();
}

/** A contact that is the same in each run. */
export function contactAt(text: string, address = { host: '10.0.0.1', port: 7000 }): PlacedContact {
  const identity = idOf(text);
  return { identity, index: 0, address, place: placeAt(`place of ${text}`), name: `${identity}/0` };
}

function fail(): never {
  throw new TypeError('a digest has 32 bytes');
}
