import { incept, retire, rotate, type SignerSet } from '../../src/identity/establish.ts';
import type { History } from '../../src/identity/history.ts';
import type { SignatureAlgorithm } from '../../src/keys/public-key.ts';
import { MemorySigner } from '../../src/keys/signer.ts';

/** When tests take place: 2027-01-15T08:00:00Z. */
export const NOW = 1_800_000_000;

/** An identity with all of its present private keys. */
export interface Owned {
  readonly history: History;
  readonly operational: readonly MemorySigner[];
  readonly recovery: readonly MemorySigner[];
}

export interface Owners {
  readonly owners?: number;
  readonly threshold?: number;
  readonly recoverers?: number;
  readonly recoveryThreshold?: number;
  readonly algorithms?: readonly SignatureAlgorithm[];
}

export const HYBRID: readonly SignatureAlgorithm[] = ['ES256', 'ML-DSA-65'];

/** One owner and one recovery signer, unless said otherwise; thresholds are all of them. */
export async function newIdentity(plan: Owners & { readonly now?: number } = {}): Promise<Owned> {
  const { operational, recovery } = signersFor(plan);
  const history = await incept({ operational, recovery, now: plan.now ?? NOW });
  return { history, operational: memory(operational), recovery: memory(recovery) };
}

/** @param plan.revealed how many of the recovery signers take part; all unless said otherwise */
export async function rotated(
  before: Owned,
  plan: Owners & { readonly now?: number; readonly grace?: number; readonly revealed?: number } = {},
): Promise<Owned> {
  const { operational, recovery } = signersFor(plan);
  const revealed = before.recovery.slice(0, plan.revealed ?? before.recovery.length);
  const history = await rotate(before.history, {
    revealed,
    operational,
    recovery,
    grace: plan.grace ?? 3600,
    now: plan.now ?? NOW,
  });
  return { history, operational: memory(operational), recovery: memory(recovery) };
}

export async function retired(before: Owned, now: number = NOW): Promise<Owned> {
  return { ...before, history: await retire(before.history, before.recovery, now) };
}

export function newSigners(count: number, algorithms: readonly SignatureAlgorithm[] = ['ES256']): readonly MemorySigner[] {
  return Array.from({ length: count }, () => MemorySigner.generate(algorithms));
}

function signersFor({ owners = 1, threshold, recoverers = 1, recoveryThreshold, algorithms = ['ES256'] }: Owners): {
  readonly operational: SignerSet;
  readonly recovery: SignerSet;
} {
  return {
    operational: { signers: newSigners(owners, algorithms), threshold: threshold ?? owners },
    recovery: { signers: newSigners(recoverers, algorithms), threshold: recoveryThreshold ?? recoverers },
  };
}

function memory({ signers }: SignerSet): readonly MemorySigner[] {
  return signers.filter((signer) => signer instanceof MemorySigner);
}
