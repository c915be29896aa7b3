import { array, digest, extension, integer, literal, object, optional, ShapeError, time, type Shape } from '../encoding/shape.ts';
import type { Json } from '../encoding/canonical-json.ts';
import { PublicKey } from '../keys/public-key.ts';
import { IdentityId } from './id.ts';

/** How many events a history may hold, so that it fits into a certificate. */
export const MAX_EVENTS = 16;

/** The most bytes that a history may take in its wire form: 64 KiB, as an identity certificate, which holds a history. */
export const MAX_HISTORY_BYTES = 65_536;

/** How many signers an identity may have, operational or recovery. */
export const MAX_SIGNERS = 16;

/** The longest that an event may leave good what was signed before it: 400 days, as the longest charter. */
export const MAX_GRACE_SECONDS = 34_560_000;

export interface EventSigner {
  readonly keys: readonly PublicKey[];
}

/** The recovery signers committed to: of each, the thumbprints of its keys. */
export interface Commitment {
  readonly signers: readonly (readonly string[])[];
  readonly threshold: number;
}

export interface Inception {
  readonly v: 1;
  readonly t: 'inception';
  readonly signers: readonly EventSigner[];
  readonly threshold: number;
  readonly next: Commitment;
  readonly iat: number;
  readonly ext?: Json;
}

export interface Rotation {
  readonly v: 1;
  readonly t: 'rotation';
  readonly id: IdentityId;
  readonly seq: number;
  readonly prev: string;
  readonly reveal: readonly EventSigner[];
  readonly signers: readonly EventSigner[];
  readonly threshold: number;
  readonly next: Commitment;
  /** Seconds for which what was signed under the keys before stays good, from `iat` on. */
  readonly grace: number;
  readonly iat: number;
  readonly ext?: Json;
}

export interface Retirement {
  readonly v: 1;
  readonly t: 'retire';
  readonly id: IdentityId;
  readonly seq: number;
  readonly prev: string;
  readonly reveal: readonly EventSigner[];
  readonly iat: number;
  readonly ext?: Json;
}

export type IdentityEvent = Inception | Rotation | Retirement;

const signer = object<EventSigner>({ keys: array(PublicKey.shape, { min: 1, max: 2 }) });
const signers = array(signer, { min: 1, max: MAX_SIGNERS });
const commitment = object<Commitment>({
  signers: array(array(digest, { min: 1, max: 2 }), { min: 1, max: MAX_SIGNERS }),
  threshold: integer(1, MAX_SIGNERS),
});
const sequence = integer(1, MAX_EVENTS - 1);

const inception = object<Inception>({
  v: literal(1),
  t: literal('inception'),
  signers,
  threshold: integer(1, MAX_SIGNERS),
  next: commitment,
  iat: time,
  ext: optional(extension),
});

const rotation = object<Rotation>({
  v: literal(1),
  t: literal('rotation'),
  id: IdentityId.shape,
  seq: sequence,
  prev: digest,
  reveal: signers,
  signers,
  threshold: integer(1, MAX_SIGNERS),
  next: commitment,
  grace: integer(0, MAX_GRACE_SECONDS),
  iat: time,
  ext: optional(extension),
});

const retirement = object<Retirement>({
  v: literal(1),
  t: literal('retire'),
  id: IdentityId.shape,
  seq: sequence,
  prev: digest,
  reveal: signers,
  iat: time,
  ext: optional(extension),
});

/** The payload of an event, with everything checked that needs no other event. */
export const eventShape: Shape<IdentityEvent> = (value, path) => {
  const event = shapeOf(value, path)(value, path);
  if (event.t !== 'inception') requireDistinctKeys(event.reveal, 'reveal');
  if (event.t !== 'retire') requireSound(event);
  if (event.t === 'rotation') requireUsedOnce(event);
  return event;
};

function shapeOf(value: Json, path: string): Shape<IdentityEvent> {
  const kind = typeof value === 'object' && value !== null && 't' in value ? value.t : undefined;
  if (kind === 'inception') return inception;
  if (kind === 'rotation') return rotation;
  if (kind === 'retire') return retirement;
  throw new ShapeError(path === '' ? 't' : `${path}.t`, 'inception, rotation or retire');
}

function requireSound(event: Inception | Rotation): void {
  requireDistinctKeys(event.signers, 'signers');
  requireThreshold(event.threshold, event.signers.length, 'threshold');
  requireThreshold(event.next.threshold, event.next.signers.length, 'next.threshold');
  const committed = event.next.signers.flat();
  if (new Set(committed).size !== committed.length) throw new ShapeError('next.signers', 'of distinct keys');
  const operational = thumbprintsOf(event.signers);
  if (committed.some((thumbprint) => operational.has(thumbprint))) {
    throw new ShapeError('next.signers', 'other keys than the operational ones');
  }
}

// A recovery key signs one event and nothing else, so neither its new place nor its next use may be its old one.
function requireUsedOnce(event: Rotation): void {
  const revealed = thumbprintsOf(event.reveal);
  const isRevealed = (thumbprint: string): boolean => revealed.has(thumbprint);
  if ([...thumbprintsOf(event.signers)].some(isRevealed)) throw new ShapeError('signers', 'other keys than those revealed');
  if (event.next.signers.flat().some(isRevealed)) throw new ShapeError('next.signers', 'other keys than those revealed');
}

function thumbprintsOf(entries: readonly EventSigner[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => entry.keys.map((key) => key.thumbprint)));
}

function requireDistinctKeys(entries: readonly EventSigner[], path: string): void {
  const count = entries.reduce((sum, { keys }) => sum + keys.length, 0);
  if (thumbprintsOf(entries).size !== count) throw new ShapeError(path, 'of distinct keys');
  for (const { keys } of entries) {
    if (new Set(keys.map((key) => key.algorithm)).size !== keys.length) {
      throw new ShapeError(path, 'signers with one key for each algorithm');
    }
  }
}

function requireThreshold(threshold: number, count: number, path: string): void {
  if (threshold > count) throw new ShapeError(path, `at most the ${count} signers`);
}
