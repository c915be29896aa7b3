import { hash } from 'node:crypto';
import { toBase64url } from './base64url.ts';

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256 as 43 characters of base64url: how statements name each other. */
export function digestOf(bytes: Uint8Array | string): string {
  return toBase64url(sha256(bytes));
}
