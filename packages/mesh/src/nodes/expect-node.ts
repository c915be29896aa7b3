import { readMembership, type Member, type Peer, type Trust } from '@themis-mesh/core';
import type { Authorizer } from '@themis-mesh/channel';

/** Expects a member of the own app that may run nodes of its directory: which one, its certificates prove. */
export function expectNode(trust: Trust): Authorizer {
  return (peer) => {
    if (peer.app !== trust.app.history.id)
      return { code: 'member-unknown', detail: `${peer.name ?? peer.id} is not of this app` };
    if (memberOf(peer, trust)?.nodes !== undefined) return undefined;
    return { code: 'member-no-node', detail: peer.name ?? peer.id };
  };
}

/** As the charter held names it, or, where that is behind, as the owner's word does that it was believed by. */
function memberOf({ id, by, chain }: Peer, trust: Trust): Member | undefined {
  const named = trust.app.charter.memberById(id);
  if (by !== 'membership' || chain.membership === undefined) return named;
  const membership = readMembership(chain.membership);
  return membership.ok ? membership.value.claims.member : named;
}
