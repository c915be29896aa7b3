import { fromBase64url, toBase64url } from '../../src/encoding/base64url.ts';
import { canonicalJson, type Json } from '../../src/encoding/canonical-json.ts';
import type { Signer } from '../../src/keys/signer.ts';

export type JsonObject = { readonly [name: string]: Json };

export interface Jws {
  readonly payload: string;
  readonly signatures: readonly JwsSignature[];
}

export interface JwsSignature {
  readonly protected: string;
  readonly signature: string;
}

/** What stands in a JWS before it is signed: JSON, taken in its canonical form, or bytes, taken as they are. */
export type Content = Json | Uint8Array;

/**
 * A JWS over any payload and under any header: what {@link signStatement} would not make.
 *
 * @param header makes each protected header from the honest one
 */
export async function forge(
  typ: string,
  payload: Content,
  signers: readonly Signer[],
  header: (honest: JsonObject) => Content = (honest) => honest,
): Promise<Uint8Array> {
  const encoded = toBase64url(contentBytes(payload));
  const signatures = signers.flatMap((signer) =>
    signer.keys.map(async (key) => {
      const head = toBase64url(contentBytes(header({ alg: key.algorithm, kid: key.thumbprint, typ })));
      const signature = await signer.sign(key, Buffer.from(`${head}.${encoded}`));
      return { protected: head, signature: toBase64url(signature) };
    }),
  );
  return jwsOf({ payload: encoded, signatures: await Promise.all(signatures) });
}

/** A statement with other claims, signed anew under the same `typ`. */
export function restate(
  bytes: Uint8Array,
  signers: readonly Signer[],
  change: (claims: JsonObject) => Content,
): Promise<Uint8Array> {
  return forge(typOf(bytes), change(claimsOf(bytes)), signers);
}

/** A statement with its JWS changed and no new signature. */
export function rewire(bytes: Uint8Array, change: (jws: Jws) => Json): Uint8Array {
  return Buffer.from(canonicalJson(change(openJws(bytes))));
}

export function openJws(bytes: Uint8Array): Jws {
  return JSON.parse(Buffer.from(bytes).toString()) as Jws;
}

export function jwsOf(jws: Jws): Uint8Array {
  return Buffer.from(canonicalJson({ payload: jws.payload, signatures: jws.signatures.map((entry) => ({ ...entry })) }));
}

export function claimsOf(bytes: Uint8Array): JsonObject {
  return decoded(openJws(bytes).payload);
}

export function typOf(bytes: Uint8Array): string {
  const { typ } = decoded(openJws(bytes).signatures[0]?.protected ?? '');
  return textOf(typ);
}

/** An object without some of its members. */
export function without(source: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([name]) => !names.includes(name)));
}

/** A member that is known to be a text. */
export function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function decoded(text: string): JsonObject {
  return JSON.parse(Buffer.from(fromBase64url(text) ?? []).toString()) as JsonObject;
}

function contentBytes(content: Content): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(canonicalJson(content));
}
