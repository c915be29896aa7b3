import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { fromBase64url, toBase64url } from '../encoding/base64url.ts';
import { readCanonical } from '../encoding/read-canonical.ts';
import { digestOf } from '../encoding/sha256.ts';
import { array, object, ShapeError, text, type Shape } from '../encoding/shape.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { STATEMENT_KINDS, type StatementKind } from './kinds.ts';
import { countSigners, type Quorum } from './quorum.ts';

/** A JWS in general JSON serialization (RFC 7515 section 7.2.1), the whole of it in RFC 8785 form. */
interface ReadStatement<T> {
  readonly kind: StatementKind;
  readonly claims: T;
  readonly payload: Uint8Array;
  /** SHA-256 of the payload bytes. Signatures are not part of it: more owners may sign later. */
  readonly digest: string;
  /** The wire form. */
  readonly bytes: Uint8Array;
}

/** A statement whose form was checked and whose signatures were not. */
export interface UnverifiedStatement<T> extends ReadStatement<T> {
  readonly parts: readonly SignaturePart[];
}

/**
 * A statement that the keys asked for have signed. Only {@link verifyStatement} and {@link signStatement} make one.
 *
 * Its signatures are in its wire form alone: each of them, made ready to be verified, is as large as the whole payload.
 */
export interface Statement<T> extends ReadStatement<T> {
  readonly [VERIFIED]: true;
}

declare const VERIFIED: unique symbol;

interface SignaturePart {
  readonly kid: string;
  readonly alg: string;
  /** ASCII(protected '.' payload), RFC 7515 section 5.2. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

const MAX_SIGNATURES = 64;
const ANY_TEXT = text(/^/, 'a string');

const WIRE = object<Wire>({
  payload: ANY_TEXT,
  signatures: array(object<WireSignature>({ protected: ANY_TEXT, signature: ANY_TEXT }), { min: 1, max: MAX_SIGNATURES }),
});

interface Wire {
  readonly payload: string;
  readonly signatures: readonly WireSignature[];
}

interface WireSignature {
  readonly protected: string;
  readonly signature: string;
}

/** Reads a statement of one kind. Nothing that it says may be believed before {@link verifyStatement}. */
export function readStatement<T>(bytes: Uint8Array, kind: StatementKind, shape: Shape<T>): Verdict<UnverifiedStatement<T>> {
  const { typ, maxBytes } = STATEMENT_KINDS[kind];
  if (bytes.length > maxBytes) return refuse('statement-too-large', `${bytes.length} bytes, a ${kind} has at most ${maxBytes}`);
  const json = readCanonical(bytes, 'the JWS');
  if (!json.ok) return json;
  const wire = readShape(WIRE, json.value);
  if (wire === undefined) return refuse('statement-not-jws', 'not exactly a payload and its signatures');
  const payload = fromBase64url(wire.payload);
  if (payload === undefined) return refuse('statement-base64', 'the payload');
  const parts: SignaturePart[] = [];
  for (const entry of wire.signatures) {
    const part = readSignature(entry, wire.payload, typ);
    if (!part.ok) return part;
    if (parts.some((other) => other.kid === part.value.kid)) return refuse('statement-signature-repeated', part.value.kid);
    parts.push(part.value);
  }
  const claims = readCanonical(payload, 'the payload');
  if (!claims.ok) return claims;
  try {
    // A copy: what was verified must not change when the transport uses its buffer again.
    const own = Buffer.from(bytes);
    return accept({ kind, claims: shape(claims.value, ''), payload, digest: digestOf(payload), bytes: own, parts });
  } catch (error) {
    if (error instanceof ShapeError) return refuse('statement-shape', error.message);
    throw error;
  }
}

/**
 * Holds every signature against the keys that may sign: none may be foreign, each must verify, and of each quorum enough
 * signers must have signed with all their keys.
 */
export function verifyStatement<T>(statement: UnverifiedStatement<T>, ...quorums: readonly Quorum[]): Verdict<Statement<T>> {
  const keys = new Map<string, PublicKey>(
    quorums.flatMap((quorum) => quorum.signers.flatMap((signer) => signer.keys.map((key) => [key.thumbprint, key] as const))),
  );
  for (const part of statement.parts) {
    const key = keys.get(part.kid);
    if (key === undefined) return refuse('statement-key-unknown', part.kid);
    if (part.alg !== key.algorithm) return refuse('statement-alg', `${part.alg}, the key is for ${key.algorithm}`);
    if (!key.verify(part.signingInput, part.signature)) return refuse('statement-signature', part.kid);
  }
  const signed = new Set(statement.parts.map((part) => part.kid));
  for (const quorum of quorums) {
    const count = countSigners(quorum, signed);
    if (count < quorum.threshold) return refuse('statement-threshold', `${count} of ${quorum.threshold} signers`);
  }
  const { kind, claims, payload, digest, bytes } = statement;
  return accept({ kind, claims, payload, digest, bytes } as Statement<T>);
}

/**
 * Signs claims with all keys of all the signers given.
 *
 * @throws TypeError where the claims do not have the shape, the statement would be larger than its kind may be, or a
 * signer (a KMS, a broken machine) gave back what is no signature of its key
 */
export async function signStatement<T>(
  kind: StatementKind,
  shape: Shape<T>,
  claims: Json,
  signers: readonly Signer[],
): Promise<Statement<T>> {
  const payload = toBase64url(Buffer.from(canonicalJson(claims)));
  const signatures = await Promise.all(
    signers.flatMap((signer) => signer.keys.map((key) => signPart(STATEMENT_KINDS[kind].typ, payload, signer, key))),
  );
  const bytes = Buffer.from(canonicalJson({ payload, signatures }));
  const made = readStatement(bytes, kind, shape);
  const verified = made.ok ? verifyStatement(made.value, { signers, threshold: signers.length }) : made;
  if (!verified.ok) throw new TypeError(`${verified.refusal.code}: ${verified.refusal.detail}`);
  return verified.value;
}

async function signPart(
  typ: string,
  payload: string,
  signer: Signer,
  key: PublicKey,
): Promise<{ protected: string; signature: string }> {
  const header = toBase64url(Buffer.from(canonicalJson({ alg: key.algorithm, kid: key.thumbprint, typ })));
  const signature = await signer.sign(key, Buffer.from(`${header}.${payload}`));
  return { protected: header, signature: toBase64url(signature) };
}

function readSignature(entry: WireSignature, payload: string, typ: string): Verdict<SignaturePart> {
  const bytes = fromBase64url(entry.protected);
  const signature = fromBase64url(entry.signature);
  if (bytes === undefined || signature === undefined) return refuse('statement-base64', 'a signature');
  const header = readCanonical(bytes, 'a protected header');
  if (!header.ok) return header;
  const read = readHeader(header.value);
  if (read === undefined) return refuse('statement-header', 'a protected header holds exactly alg, kid and typ');
  if (read.typ !== typ) return refuse('statement-typ', `${read.typ}, wanted ${typ}`);
  const signingInput = Buffer.from(`${entry.protected}.${payload}`);
  return accept({ kid: read.kid, alg: read.alg, signingInput, signature });
}

function readHeader(header: Json): { readonly alg: string; readonly kid: string; readonly typ: string } | undefined {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return undefined;
  const { alg, kid, typ } = header as { readonly [name: string]: Json };
  if (!isShortText(alg) || !isShortText(kid) || !isShortText(typ)) return undefined;
  return Object.keys(header).length === 3 ? { alg, kid, typ } : undefined;
}

// Room for every algorithm, thumbprint and typ; no room to push what we say out of a refusal's detail.
function isShortText(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length <= 64;
}

function readShape<T>(shape: Shape<T>, json: Json): T | undefined {
  try {
    return shape(json, '');
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
