import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { readCanonical } from '../encoding/read-canonical.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';

/** Statements that belong together, as one file or record: an RFC 8785 object of a JWS and the history of who signed it. */
export interface Bundle {
  readonly statement: Uint8Array;
  readonly history: readonly Uint8Array[];
}

/** @param name what the statement is called in the object; the history is called `history` */
export function bundleBytes(name: string, bundle: Bundle): Uint8Array {
  return Buffer.from(canonicalJson({ [name]: jwsJson(bundle.statement), history: bundle.history.map(jwsJson) }));
}

export function readBundle(name: string, bytes: Uint8Array, { maxBytes, maxHistoryBytes }: BundleLimits): Verdict<Bundle> {
  if (bytes.length > maxBytes)
    return refuse('statement-too-large', `${bytes.length} bytes, a ${name} and its history have at most ${maxBytes}`);
  const json = readCanonical(bytes, `a ${name} and its history`);
  if (!json.ok) return json;
  const wanted = typeof json.value === 'object' && json.value !== null && Object.keys(json.value).length === 2 ? json.value : {};
  const statement = Object.hasOwn(wanted, name) ? (wanted as Record<string, Json>)[name] : undefined;
  const history = (wanted as Record<string, Json>)['history'];
  if (statement === undefined || !Array.isArray(history)) {
    return refuse('statement-shape', `an object of exactly ${name} and history`);
  }
  const events = history.map(jwsBytes);
  const size = events.reduce((sum, event) => sum + event.length + 1, 1);
  if (size > maxHistoryBytes) return refuse('statement-too-large', `${size} bytes, a history has at most ${maxHistoryBytes}`);
  return accept({ statement: jwsBytes(statement), history: events });
}

/** The most bytes that the whole of a bundle, and the history in it, may take. */
export interface BundleLimits {
  readonly maxBytes: number;
  readonly maxHistoryBytes: number;
}

/** A statement's wire form as a value, to stand inside other JSON. */
export function jwsJson(bytes: Uint8Array): Json {
  return JSON.parse(Buffer.from(bytes).toString()) as Json;
}

/** The inverse of {@link jwsJson}. */
export function jwsBytes(json: Json): Uint8Array {
  return Buffer.from(canonicalJson(json));
}
