import { IdentityId } from '@themis-mesh/core';
import { decodeAnswer, decodeRequest, placeOfNode, placeOfRecord } from '@themis-mesh/directory-kad';
import type { Watched } from '@themis-mesh/directory';

/** What comes of an operation: JSON, in which bytes are unpadded base64url. */
export type Expected = { readonly accepted: unknown } | { readonly refused: string };

export interface VectorInput {
  readonly bytes?: string;
  readonly identity?: string;
  readonly salt?: string;
  readonly index?: number;
  readonly key?: Watched;
}

/** Does what a case asks for. */
export function perform(operation: string, input: VectorInput): Expected {
  switch (operation) {
    case 'read-request':
      return shown(decodeRequest(bytesOf(input.bytes)));
    case 'read-answer':
      return shown(decodeAnswer(bytesOf(input.bytes)));
    case 'place-of-node': {
      const identity = IdentityId.parse(input.identity ?? '');
      if (identity === undefined) throw new TypeError('no identity');
      return { accepted: toText(placeOfNode(identity, bytesOf(input.salt), input.index ?? 0)) };
    }
    case 'place-of-record':
      if (input.key === undefined) throw new TypeError('no key');
      return { accepted: toText(placeOfRecord(input.key)) };
    default:
      throw new TypeError(operation);
  }
}

function shown(verdict: ReturnType<typeof decodeRequest> | ReturnType<typeof decodeAnswer>): Expected {
  return verdict.ok ? { accepted: jsonOf(verdict.value) } : { refused: verdict.refusal.code };
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toText(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, jsonOf(entry)]));
}

function bytesOf(text = ''): Uint8Array {
  return Buffer.from(text, 'base64url');
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
