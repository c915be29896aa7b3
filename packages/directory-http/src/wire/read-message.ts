import { parseCanonicalJson, shape, type Json } from '@themis-mesh/core';

/** A message that was read, or what is wrong with it. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistake: string };

/** Reads a body: RFC 8785 JSON, so that there is one way to say each thing, of exactly this shape. */
export function readMessage<T>(bytes: Uint8Array, form: shape.Shape<T>): Reading<T> {
  const json: Json | undefined = parseCanonicalJson(bytes);
  if (json === undefined) return { ok: false, mistake: 'the body is not the RFC 8785 form of JSON' };
  try {
    return { ok: true, value: form(json, '') };
  } catch (error) {
    if (!(error instanceof shape.ShapeError)) throw error;
    return { ok: false, mistake: `${error.path === '' ? 'the body' : error.path} must be ${error.wanted}` };
  }
}
