import { TargetName } from '../../src/app/target-name.ts';
import { IdentityId } from '../../src/identity/id.ts';
import type { Caller } from '../../src/policy/caller.ts';
import type { RequestHead } from '../../src/policy/caller-policies.ts';
import type { NamedPolicy } from '../../src/policy/compiled-policies.ts';
import { policyShape } from '../../src/policy/policy.ts';

const ID = IdentityId.parse(`${'a'.repeat(51)}q`);

/** @param more of another app, with labels, or of another identity */
export function callerNamed(name: string | undefined, more: Partial<Caller> = {}): Caller {
  if (ID === undefined) throw new TypeError('no ID');
  const caller = {
    name: name === undefined ? undefined : targeted(name),
    alias: undefined,
    labels: new Map<string, string>(),
    id: ID,
  };
  return { ...caller, spiffeId: `spiffe://${ID}/i/one`, ...more };
}

/** @throws ShapeError where it is none */
export function policyOf(policy: object, name = 'p'): NamedPolicy {
  return { name, policy: policyShape({ default: 'deny-all', allow: [], ...policy }, '') };
}

export function requestOf(method: string, path: string, headers: readonly string[] = [], port?: number): RequestHead {
  return { method, path, headers, port };
}

function targeted(text: string): TargetName {
  const name = TargetName.parse(text);
  if (name === undefined) throw new TypeError(`no name: ${text}`);
  return name;
}
