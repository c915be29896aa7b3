import { canonicalJson, digestOf, parseCanonicalJson, shape, ThemisError, type Json } from '@themis-mesh/core';
import { readBounded } from './bounded-file.ts';
import { readPrivate } from './private-file.ts';

/** What a file of state may hold. */
export interface StateKind<T> {
  readonly shape: shape.Shape<T>;
  readonly maxBytes: number;
  /** Whether it holds keys, so that its mode and owner count. */
  readonly secret: boolean;
}

/**
 * The bytes of a file of state: the RFC 8785 form of an object, with the `digest` of all its other fields.
 *
 * The digest finds damage, also in fields that no signature covers, so that a flipped bit never makes another name or app.
 * It is no protection from people: the mode of the folder and the signatures inside are.
 */
export function stateBytes(body: { readonly [name: string]: Json }): Uint8Array {
  return Buffer.from(canonicalJson({ ...body, digest: digestOf(canonicalJson(body)) }));
}

/**
 * @returns undefined where there is no such file
 * @throws ThemisError THEMIS_FILE_MALFORMED, and those of {@link readPrivate}
 */
export async function readState<T>(path: string, kind: StateKind<T>): Promise<T | undefined> {
  const bytes = await (kind.secret ? readPrivate(path, kind.maxBytes) : readBounded(path, kind.maxBytes));
  if (bytes === undefined) return undefined;
  const json = parseCanonicalJson(bytes);
  if (!isObject(json)) throw malformed(path, 'not the RFC 8785 form of a JSON object');
  const { digest, ...body } = json;
  if (digest !== digestOf(canonicalJson(body))) throw malformed(path, 'its digest is not that of its content');
  try {
    return kind.shape(body, '');
  } catch (error) {
    // The error names a field and what was wanted there, never what was found: that may be a key.
    throw error instanceof shape.ShapeError ? malformed(path, error.message) : error;
  }
}

export function malformed(path: string, why: string): ThemisError {
  return new ThemisError('THEMIS_FILE_MALFORMED', `${path}: ${why}`);
}

/** Any JSON, to be read by somebody else. */
export const anyJson: shape.Shape<Json> = (value) => value;

function isObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
