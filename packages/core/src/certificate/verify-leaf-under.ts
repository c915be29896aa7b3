import type { IdentityId } from '../identity/id.ts';
import type { History } from '../identity/history.ts';
import type { InstanceName } from '../identity/spiffe-id.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { refuse, type Verdict } from '../outcome/verdict.ts';

export interface LeafUnderHistory {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly publicKey: PublicKey;
  readonly keySeq: number;
  readonly notAfter: number;
  readonly membership?: Uint8Array;
}

export function verifyLeafUnder(_leaf: Uint8Array, _history: History, _now: number): Verdict<LeafUnderHistory> {
  return refuse('chain-empty', 'not landed yet');
}
