import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { History } from '../../../packages/core/src/identity/history.ts';
import { type Signer } from '../../../packages/core/src/keys/signer.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { jwsJson } from '../../../packages/core/src/statement/bundle.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { type Cases, encoded } from './case.ts';

export const TYP = STATEMENT_KINDS.event.typ;

export function refuse(
  cases: Cases,
  name: string,
  from: string,
  about: string,
  wires: readonly Uint8Array[],
  code: RefusalCode,
): void {
  cases.refused('history', name, from, about, { bytes: encoded(canonicalJson(wires.map(jwsJson))) }, code);
}

export function verified(wires: readonly Uint8Array[]): History {
  const verdict = History.verify(wires);
  if (!verdict.ok) throw new TypeError(verdict.refusal.code);
  return verdict.value;
}

export function shown(signer: Signer): Json {
  return { keys: signer.keys.map(({ jwk }) => ({ ...jwk })) };
}
