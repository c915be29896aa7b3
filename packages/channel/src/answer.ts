import { canonicalJson, parseCanonicalJson, type RefusalCode } from '@themis-mesh/core';

/**
 * The accepter's first bytes on a channel: two bytes of length, big-endian, then that many of RFC 8785 JSON.
 *
 * A dialler of TLS 1.3 is done before its certificate was even read (RFC 8446 section 4.4.4), so without an answer it would
 * take a refusal for a lost request.
 */
export type Answer =
  | { readonly answer: 'accepted'; readonly clock: number }
  | { readonly answer: 'refused'; readonly clock: number; readonly code: string };

/** The most bytes that an answer takes behind its length. */
export const MAX_ANSWER_BYTES = 512;

/** @param clock the accepter's, in milliseconds since 1970 */
export function encodeAnswer(clock: number, refused?: RefusalCode): Buffer {
  const body = Buffer.from(
    canonicalJson(
      refused === undefined ? { v: 1, answer: 'accepted', clock } : { v: 1, answer: 'refused', clock, code: refused },
    ),
  );
  const head = Buffer.alloc(2);
  head.writeUInt16BE(body.length);
  return Buffer.concat([head, body]);
}

/** @param body what follows the length. @returns undefined for anything but an answer of version 1 */
export function decodeAnswer(body: Uint8Array): Answer | undefined {
  const json = parseCanonicalJson(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { v, answer, clock, code, ...rest } = json as Readonly<Record<string, unknown>>;
  if (v !== 1 || typeof clock !== 'number' || clock < 0 || Object.keys(rest).length > 0) return undefined;
  if (answer === 'accepted' && code === undefined) return { answer, clock };
  if (answer === 'refused' && typeof code === 'string' && /^[a-z0-9-]{1,64}$/.test(code)) return { answer, clock, code };
  return undefined;
}
