import { readMembership, type Member } from '@themis-mesh/core';
import type { Field } from '../cli-command.ts';
import type { JsonValue } from './answer.ts';
import { jsonTime } from './app-json.ts';

/** What several commands say of a member. @param at what stands before the fields: nothing, or a path with its dot */
export function memberFields(at = ''): readonly Field[] {
  return [
    { path: `${at}name`, type: 'text', meaning: 'The name of the service' },
    { path: `${at}id`, type: 'text', meaning: 'The ID of its identity, which never changes' },
    { path: `${at}labels.*`, type: 'text', meaning: 'Its labels', absent: 'where it has none' },
    { path: `${at}membershipExpires`, type: 'time', meaning: 'Until when its membership is good' },
  ];
}

/** @param membership the wire form of one that was believed */
export function memberJson(member: Member, membership: Uint8Array): Record<string, JsonValue> {
  return {
    name: member.name,
    id: member.id,
    ...(member.labels === undefined ? {} : { labels: Object.fromEntries(member.labels) }),
    membershipExpires: jsonTime(endOf(membership)),
  };
}

/** When a membership ends. Seconds since 1970. */
export function endOf(membership: Uint8Array): number {
  const read = readMembership(membership);
  if (!read.ok) throw new TypeError(`a membership that was believed: ${read.refusal.code}`);
  return read.value.claims.exp;
}

export function showLabels(labels: Member['labels']): string {
  return [...(labels ?? [])].map(([name, value]) => `${name}=${value}`).join(', ');
}
