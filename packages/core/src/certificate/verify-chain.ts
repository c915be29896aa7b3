import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import type { InstanceName } from '../identity/spiffe-id.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { refuse, type Verdict } from '../outcome/verdict.ts';
import type { Standing } from '../identity/compare.ts';

export interface VerifiedChain {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly spiffeId: string;
  readonly history: History;
  readonly keySeq: number;
  readonly standing: 'first' | Exclude<Standing, 'forks'>;
  readonly leaf: Uint8Array;
  readonly identityCertificate: Uint8Array;
  readonly publicKey: PublicKey;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly goodUntil: number;
  readonly membership?: Uint8Array;
}

export class KnownIdentities {}

export interface ChainContext {
  readonly now: number;
  readonly expectedId?: IdentityId;
  readonly seen?: (id: IdentityId) => History | undefined;
  readonly cache?: KnownIdentities;
}

export function verifyChain(_chain: readonly Uint8Array[], _context: ChainContext): Verdict<VerifiedChain> {
  return refuse('chain-empty', 'not landed yet');
}
