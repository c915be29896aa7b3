import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { PublicKey } from '../../../packages/core/src/keys/public-key.ts';
import type { MemorySigner } from '../../../packages/core/src/keys/signer.ts';
import { signHead } from '../../../packages/core/src/app/head.ts';
import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { newApp } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, type Jws, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, NOW } from '../../../packages/core/test/builders/identities.ts';
import { encoded, first } from './case.ts';

export const TYP = STATEMENT_KINDS.head.typ;

export type Refuse = (name: string, about: string, bytes: Uint8Array | string, code: RefusalCode) => void;

export interface World {
  readonly signer: MemorySigner;
  readonly key: PublicKey;
  readonly good: Uint8Array;
  readonly claims: JsonObject;
  readonly facts: Json;
  readonly context: JsonObject;
}

export async function newWorld(): Promise<World> {
  const timekeeper = await newIdentity();
  const app = await newApp({ timekeepers: [{ id: timekeeper.history.id, min: timekeeper.history.point }] });
  const { charter } = app.state;
  const signer = first(timekeeper.operational);
  const times = { iat: NOW, exp: NOW + 300 };
  const good = await signHead({ app: app.owner.history.id, charter: charter.sequence, digest: charter.digest, ...times }, signer);
  const context = {
    timekeeper: encoded(historyBytes(timekeeper.history)),
    app: encoded(appStateBytes(app.state)),
    bound: 600,
    now: NOW,
  };
  return {
    signer,
    key: first(signer.keys),
    good: good.bytes,
    claims: claimsOf(good.bytes),
    facts: { charter: charter.sequence, digest: charter.digest },
    context,
  };
}

export function withSignature(jws: Jws, signature: string): Json {
  return { payload: jws.payload, signatures: jws.signatures.map((entry) => ({ ...entry, signature })) };
}

export function both(one: Jws, other: Jws): string {
  return canonicalJson({
    payload: one.payload,
    signatures: [...one.signatures, ...other.signatures].map((entry) => ({ ...entry })),
  });
}

export function open({ payload, signatures }: Jws): JsonObject {
  return { payload, signatures: signatures.map((entry) => ({ ...entry })) };
}

export function signingInput(jws: Jws): Uint8Array {
  return Buffer.from(`${first(jws.signatures).protected}.${jws.payload}`);
}
