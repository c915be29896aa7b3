import { randomBytes } from 'node:crypto';
import { InstanceName, MAX_LEAF_SECONDS, ServiceName, ThemisError, type Policy } from '@themis-mesh/core';
import type { JoinOptions } from './join-options.ts';

/** The options with every default in place. */
export interface ResolvedOptions {
  readonly name: ServiceName;
  readonly instance: InstanceName;
  readonly leafSeconds: number;
  readonly policy: Policy | undefined;
}

const DEFAULT_LEAF_SECONDS = 3600;
const LEAST_LEAF_SECONDS = 2;
const POLICY_DEFAULTS: ReadonlySet<string> = new Set(['members', 'authenticated', 'deny-all']);

/** @throws ThemisError `THEMIS_NAME_INVALID`; `THEMIS_CONFIG_INVALID` with all mistakes together */
export function readOptions(options: JoinOptions): ResolvedOptions {
  const name = ServiceName.parse(options.service);
  if (name === undefined) throw new ThemisError('THEMIS_NAME_INVALID', options.service);
  const mistakes: string[] = [];
  const instance = InstanceName.parse(options.instance ?? randomBytes(9).toString('base64url'));
  if (instance === undefined) mistakes.push('instance: 1 to 64 of letters, digits, _ and -');
  const leafSeconds = options.leafSeconds ?? DEFAULT_LEAF_SECONDS;
  if (!Number.isInteger(leafSeconds) || leafSeconds < LEAST_LEAF_SECONDS || leafSeconds > MAX_LEAF_SECONDS) {
    mistakes.push(`leafSeconds: a whole number from ${LEAST_LEAF_SECONDS} to ${MAX_LEAF_SECONDS}`);
  }
  const policy = options.policy === undefined ? undefined : readPolicy(options.policy, mistakes);
  if (instance === undefined || mistakes.length > 0) throw new ThemisError('THEMIS_CONFIG_INVALID', mistakes.join('; '));
  return { name, instance, leafSeconds, policy };
}

/** A list of callers alone means nobody else: a policy that is half given never loosens anything. */
export function readPolicy(policy: Partial<Policy>, mistakes: string[]): Policy {
  const allow = policy.allow ?? [];
  const fallback = policy.default ?? (policy.allow === undefined ? 'members' : 'deny-all');
  if (!POLICY_DEFAULTS.has(fallback)) mistakes.push('policy.default: members, authenticated or deny-all');
  if (!allow.every((name) => ServiceName.is(name))) mistakes.push('policy.allow: names of services');
  return { default: fallback, allow };
}
