import { randomBytes } from 'node:crypto';
import { ThemisError, type AppState, type Member, type ServiceName } from '@themis-mesh/core';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

/** The most nodes of the directory that one member may run. */
export const MOST_NODES = 64;

/** The places of a member's nodes follow from it; whoever could guess it could choose an identity by where that would lie. */
const SALT_BYTES = 16;

export interface NodesSet {
  readonly member: Member;
  readonly app: AppState;
  readonly published: Published;
}

/**
 * Says in the charter how many nodes of the directory a member may run. Where it ran some before, they keep their places.
 *
 * @param count 0 to {@link MOST_NODES}
 * @throws ThemisError THEMIS_NAME_UNKNOWN where there is no such member, THEMIS_CONFIG_INVALID for the count; those of
 * {@link Owner.at}
 */
export async function setNodes(place: Workplace, name: ServiceName, count: number): Promise<NodesSet> {
  if (!Number.isInteger(count) || count < 0 || count > MOST_NODES) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', `nodes: ${count}, from 0 to ${MOST_NODES} are possible`);
  }
  return Owner.at(place, async (owner) => {
    const { members } = owner.app.charter.claims;
    const before = members.find((member) => member.name === name);
    if (before === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', name);
    const { nodes, ...others } = before;
    const salt = nodes?.salt ?? randomBytes(SALT_BYTES);
    const member: Member = count === 0 ? others : { ...others, nodes: { count, salt } };
    const app = await owner.sign({ members: members.map((other) => (other === before ? member : other)) });
    await renewMemberships(owner);
    return { member, app, published: owner.published };
  });
}
