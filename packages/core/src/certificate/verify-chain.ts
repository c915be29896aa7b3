import { compareHistories } from '../identity/compare.ts';
import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import type { Verdict } from '../outcome/verdict.ts';
import { requireSize } from './certificate-form.ts';
import { defect, demand, judge } from './defect.ts';
import { verifyIdentityCertificate } from './identity-certificate.ts';
import type { KnownIdentities } from './known-identities.ts';
import { readLeaf, requireLeafTimes } from './leaf-certificate.ts';
import { requireIssuer } from './leaf-issuer.ts';
import { verifiedLeaf, type VerifiedLeaf } from './verify-leaf.ts';

export interface ChainContext {
  /** Seconds since 1970. */
  readonly now: number;
  /** Whom one means to talk to. Who dials always knows; who is called does not. */
  readonly expectedId?: IdentityId | undefined;
  /** The furthest history remembered of an identity. */
  readonly seen?: ((id: IdentityId) => History | undefined) | undefined;
  readonly cache?: KnownIdentities | undefined;
  /** Hears of a history, verified, that departs from the one remembered: the two are proof of a theft. */
  readonly onFork?: ((remembered: History, presented: History) => void) | undefined;
}

/** How the history presented stands to the one remembered. */
export type Standing =
  /** None is remembered. */
  | 'first'
  | 'same'
  /** It goes on from the one remembered, and is to be remembered. */
  | 'extends'
  /** It ends sooner than the one remembered, and is in the time of grace. */
  | 'precedes';

/** An instance that a chain proved. That it belongs to an app, and what it may do, is decided elsewhere. */
export interface VerifiedChain extends VerifiedLeaf {
  /** The history presented, not the one remembered. */
  readonly history: History;
  readonly standing: Standing;
  readonly identityCertificate: Uint8Array;
}

/**
 * Judges the chain that a peer presented: exactly its leaf and its identity certificate, in DER.
 *
 * Everything is decided from the bytes: no text rendering of a name, no hostname, and no flag of a TLS library. What is
 * returned shares no memory with what was given.
 */
export function verifyChain(chain: readonly Uint8Array[], context: ChainContext): Verdict<VerifiedChain> {
  return judge(() => {
    const [leafBytes, identityBytes] = requireTwo(chain);
    const knownIdentity = context.cache?.find(identityBytes);
    const knownLeaf = knownIdentity === undefined ? undefined : context.cache?.findLeaf(leafBytes, knownIdentity);
    const leaf = knownLeaf ?? readLeaf(leafBytes);
    requireLeafTimes(leaf, context.now);
    const identity = knownIdentity ?? verifyIdentityCertificate(identityBytes);
    const { history } = identity;
    demand(context.now >= identity.notBefore, 'identity-not-yet-valid', `begins at ${identity.notBefore}, now is ${context.now}`);
    if (knownLeaf === undefined) requireIssuer(leaf, identity.issuer);
    requireExpected(history, context.expectedId);
    const { standing, superseded } = compareWithRemembered(history, context);
    context.cache?.remember(identity, leaf);
    return { ...verifiedLeaf(leaf, history.seq, superseded), history, standing, identityCertificate: identity.bytes };
  });
}

function requireTwo(chain: readonly Uint8Array[]): readonly [Uint8Array, Uint8Array] {
  const [leaf, identity] = chain;
  demand(leaf !== undefined, 'chain-empty', 'no certificate');
  demand(identity !== undefined, 'chain-identity-missing', 'one certificate');
  demand(chain.length === 2, 'chain-third-certificate', `${chain.length} certificates`);
  requireSize('leaf', leaf);
  requireSize('identity', identity);
  return [leaf, identity];
}

function requireExpected({ id }: History, expected: IdentityId | undefined): void {
  demand(expected === undefined || id === expected, 'history-other-id', `${id}, wanted ${expected ?? ''}`);
}

interface Comparison {
  readonly standing: Standing;
  /** When the keys of the history presented end, seconds since 1970. */
  readonly superseded: number;
}

function compareWithRemembered(history: History, { seen, now, onFork }: ChainContext): Comparison {
  const remembered = seen?.(history.id);
  if (remembered === undefined) return { standing: 'first', superseded: Infinity };
  const standing = compareHistories(remembered, history);
  if (standing === 'forks') {
    onFork?.(remembered, history);
    throw defect('history-forked', `sequence ${history.seq}, remembered is ${remembered.seq}`);
  }
  if (standing !== 'precedes') return { standing, superseded: Infinity };
  demand(!remembered.retired, 'history-retired', history.id);
  const superseded = remembered.goodUntil(history.seq);
  demand(now < superseded, 'history-superseded', `key sequence ${history.seq} ended at ${superseded}`);
  return { standing, superseded };
}
