import type { Belief } from '../app/belief.ts';
import type { ServiceName } from '../app/name.ts';
import { TargetName } from '../app/target-name.ts';
import type { VerifiedChain } from '../certificate/verify-chain.ts';
import type { IdentityId } from '../identity/id.ts';
import type { InstanceName } from '../identity/spiffe-id.ts';

/** Who is at the other end: proved by certificates, named by the app. */
export interface Peer {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  /** `spiffe://<id>/i/<instance>` */
  readonly spiffeId: string;
  /**
   * What it is called here: `web` for a member of this app, `web.shop` for one of an imported app; undefined for a stranger, a
   * verified identity that is a member of neither.
   */
  readonly name: TargetName | undefined;
  /** The app of which it is a member: this one, or an imported one; undefined for a stranger. */
  readonly app: IdentityId | undefined;
  /** What this app calls the imported app of which it is a member; undefined for a member of this app, and for a stranger. */
  readonly alias: ServiceName | undefined;
  /** As the charter of its own app says: those of another app are another owner's word, and mean something beside `app` only. */
  readonly labels: ReadonlyMap<string, string>;
  /** On whose word it is a member; undefined for a stranger. `membership`: it names a newer charter than the one held. */
  readonly by: Belief['by'] | undefined;
  /** Whether it knows a newer charter of its app than is held here. */
  readonly behind: boolean;
  /** When it was verified on this connection. Seconds since 1970. */
  readonly since: number;
  /** Until when, at the longest, a connection with it may last. Seconds since 1970. */
  readonly goodUntil: number;
  readonly chain: VerifiedChain;
}

/** A member of an app, on whose word, and what this app calls the other one. */
export interface Recognised {
  readonly app: IdentityId;
  /** Undefined for this app itself. */
  readonly alias: ServiceName | undefined;
  readonly belief: Belief;
}

/** @param as undefined for a stranger */
export function peerOf(chain: VerifiedChain, as: Recognised | undefined, since: number): Peer {
  const belief = as?.belief;
  return Object.freeze({
    id: chain.id,
    instance: chain.instance,
    spiffeId: chain.spiffeId,
    name: as === undefined ? undefined : TargetName.of(as.belief.member.name, as.alias),
    app: as?.app,
    alias: as?.alias,
    labels: belief?.member.labels ?? NO_LABELS,
    by: belief?.by,
    behind: belief?.behind ?? false,
    since,
    goodUntil: Math.min(chain.goodUntil, belief?.until ?? Infinity),
    chain,
  });
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();
