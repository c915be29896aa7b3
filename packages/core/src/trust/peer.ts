import type { Belief } from '../app/belief.ts';
import type { ServiceName } from '../app/name.ts';
import type { VerifiedChain } from '../certificate/verify-chain.ts';
import type { IdentityId } from '../identity/id.ts';
import type { InstanceName } from '../identity/spiffe-id.ts';

/** Who is at the other end: proved by certificates, named by the app. */
export interface Peer {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  /** `spiffe://<id>/i/<instance>` */
  readonly spiffeId: string;
  /** The name that it holds in this app; undefined for a verified identity that is no member. */
  readonly name: ServiceName | undefined;
  readonly labels: ReadonlyMap<string, string>;
  /** On whose word it is a member; undefined for a stranger. `membership`: it names a newer charter than the one held. */
  readonly by: Belief['by'] | undefined;
  /** When it was verified on this connection. Seconds since 1970. */
  readonly since: number;
  /** Until when, at the longest, a connection with it may last. Seconds since 1970. */
  readonly goodUntil: number;
  readonly chain: VerifiedChain;
}

export function peerOf(chain: VerifiedChain, belief: Belief | undefined, since: number): Peer {
  return Object.freeze({
    id: chain.id,
    instance: chain.instance,
    spiffeId: chain.spiffeId,
    name: belief?.member.name,
    labels: belief?.member.labels ?? NO_LABELS,
    by: belief?.by,
    since,
    goodUntil: Math.min(chain.goodUntil, belief?.until ?? Infinity),
    chain,
  });
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();
