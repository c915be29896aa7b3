import type { SignedRecord } from '@themis-mesh/core';

/** What a record says, without a look at its signature: directories give only what is sound. */
export function claimsOf({ bytes }: SignedRecord): Readonly<Record<string, unknown>> {
  const { payload } = JSON.parse(Buffer.from(bytes).toString()) as { readonly payload: string };
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>;
}
