import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { parseCanonicalJson, type Json } from './canonical-json.ts';

/**
 * Reads bytes that must be the RFC 8785 form of some JSON.
 *
 * @param what what the bytes are said to be, for the refusal
 */
export function readCanonical(bytes: Uint8Array, what: string): Verdict<Json> {
  const json = parseCanonicalJson(bytes);
  if (json !== undefined) return accept(json);
  return isJson(bytes) ? refuse('statement-not-canonical', what) : refuse('statement-not-json', what);
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
