import { sha256 } from '../encoding/sha256.ts';
import { toBase32 } from '../encoding/base32.ts';
import type { Json } from '../encoding/canonical-json.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';

/**
 * The lasting name of an identity: SHA-256 of its inception's payload, in lowercase RFC 4648 base32 without padding.
 *
 * 52 characters; a DNS label (RFC 1035) and a SPIFFE trust domain name (SPIFFE-ID section 2.1).
 * The last character holds one bit of the digest and four zero bits, so it is `a` or `q`.
 */
export type IdentityId = string & { readonly [ID]: true };

declare const ID: unique symbol;

const GRAMMAR = /^[a-z2-7]{51}[aq]$/;

export const IdentityId: {
  is(text: unknown): text is IdentityId;
  /** @returns undefined where the text is no ID. */
  parse(text: string): IdentityId | undefined;
  ofInception(payload: Uint8Array): IdentityId;
  readonly shape: Shape<IdentityId>;
} = { is, parse, ofInception, shape };

function is(text: unknown): text is IdentityId {
  return typeof text === 'string' && GRAMMAR.test(text);
}

function parse(text: string): IdentityId | undefined {
  return is(text) ? text : undefined;
}

function ofInception(payload: Uint8Array): IdentityId {
  return toBase32(sha256(payload)) as IdentityId;
}

function shape(value: Json, path: string): IdentityId {
  if (!is(value)) throw new ShapeError(path, 'an identity ID: 52 characters of base32');
  return value;
}
