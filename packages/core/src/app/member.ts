import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { base64url, digest, extension, integer, object, optional, record, text, type Shape } from '../encoding/shape.ts';
import { toBase64url } from '../encoding/base64url.ts';
import { IdentityId } from '../identity/id.ts';
import { MAX_EVENTS } from '../identity/events.ts';
import type { EventPoint } from '../identity/history.ts';
import { ServiceName } from './name.ts';

/** One service in a charter. */
export interface Member {
  readonly name: ServiceName;
  readonly id: IdentityId;
  /** The least event of the identity that the app still believes: raised after a theft, it outranks grace. */
  readonly min: EventPoint;
  readonly labels?: ReadonlyMap<string, string>;
  /** How many directory nodes the member may run, and the salt from which their places follow. */
  readonly nodes?: { readonly count: number; readonly salt: Uint8Array };
  readonly ext?: Json;
}

export const eventPoint: Shape<EventPoint> = object<EventPoint>({ seq: integer(0, MAX_EVENTS - 1), digest });

export const labelsShape: Shape<ReadonlyMap<string, string>> = record(
  /^[a-z0-9](?:[a-z0-9./-]{0,61}[a-z0-9])?$/,
  text(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'a label value of at most 63 characters'),
  16,
);

export const memberShape: Shape<Member> = object<Member>({
  name: ServiceName.shape,
  id: IdentityId.shape,
  min: eventPoint,
  labels: optional(labelsShape),
  nodes: optional(object<NonNullable<Member['nodes']>>({ count: integer(1, 64), salt: base64url(16, 32) })),
  ext: optional(extension),
});

export function memberJson(member: Member): Json {
  return {
    name: member.name,
    id: member.id,
    min: { seq: member.min.seq, digest: member.min.digest },
    ...(member.labels === undefined ? {} : { labels: Object.fromEntries(member.labels) }),
    ...(member.nodes === undefined ? {} : { nodes: { count: member.nodes.count, salt: toBase64url(member.nodes.salt) } }),
    ...(member.ext === undefined ? {} : { ext: member.ext }),
  };
}

/** Whether two entries say the same. */
export function sameMember(a: Member, b: Member): boolean {
  return canonicalJson(memberJson(a)) === canonicalJson(memberJson(b));
}
