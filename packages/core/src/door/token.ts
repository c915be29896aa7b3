import { fromBase64url, toBase64url } from '../encoding/base64url.ts';
import type { Json } from '../encoding/canonical-json.ts';
import { digestOf } from '../encoding/sha256.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';

/** A secret of 256 random bits in base64url: whoever shows it is admitted once, with nobody asked. */
export type AdmissionToken = string & { readonly [TOKEN]: true };

declare const TOKEN: unique symbol;

const BYTES = 32;

export const AdmissionToken: {
  is(text: unknown): text is AdmissionToken;
  /** @param random 32 bytes of the operating system's randomness */
  of(random: Uint8Array): AdmissionToken;
  /** What the owner keeps of it: nobody gets the token back from that. */
  digest(token: AdmissionToken): string;
  readonly shape: Shape<AdmissionToken>;
} = { is, of, digest, shape };

function is(text: unknown): text is AdmissionToken {
  return typeof text === 'string' && text.length === 43 && fromBase64url(text) !== undefined;
}

function of(random: Uint8Array): AdmissionToken {
  if (random.length !== BYTES) throw new TypeError(`a token is made of ${BYTES} bytes`);
  return toBase64url(random) as AdmissionToken;
}

function digest(token: AdmissionToken): string {
  return digestOf(`themis-admission-token ${token}`);
}

function shape(value: Json, path: string): AdmissionToken {
  if (!is(value)) throw new ShapeError(path, 'a token: 43 characters of base64url');
  return value;
}
