import { ThemisError, type Policy, type ServiceName, type TargetName, type PolicyDefault } from '@themis-mesh/core';
import { readApp, setPolicy } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { policyJson } from '../output/policy-json.ts';
import { showPolicy } from '../output/policy-text.ts';
import { table } from '../output/table.ts';
import { openPlace } from '../place.ts';
import { requirePolicy } from '../policy-mistakes.ts';

export interface PolicyShowFlags extends HomeFlags, JsonFlags {}

export interface PolicySetFlags extends HomeFlags, JsonFlags {
  readonly default?: PolicyDefault | undefined;
  readonly allow?: readonly TargetName[] | undefined;
  readonly file?: string | undefined;
  readonly none?: boolean | undefined;
}

export async function policyShow(this: CliContext, flags: PolicyShowFlags): Promise<void> {
  await using place = await openPlace(this, flags);
  const { policies } = (await readApp(place)).charter.claims;
  printAnswer(this, flags, {
    json: { policies: policies.map(({ name, services, policy }) => ({ name, services, ...policyJson(policy) })) },
    text: (paint) =>
      policies.length === 0
        ? ['The charter has no policies: every member of the app may call every service.']
        : table(
            ['SERVICE', 'MAY CALL'],
            policies.map(({ services, policy }) => [services.length === 0 ? 'all' : services.join(', '), showPolicy(policy)]),
            paint,
          ),
  });
}

export async function policySet(this: CliContext, flags: PolicySetFlags, name: ServiceName): Promise<void> {
  const policy = await wantedPolicy(this, flags);
  await using place = await openPlace(this, flags);
  const { app, published } = await setPolicy(place, name, policy);
  printAnswer(this, flags, {
    json: {
      name,
      ...(policy === undefined ? {} : policyJson(policy)),
      app: appJson(app),
      published: published.is === 'published',
    },
    text: (paint) => [
      `${paint.good('set')} who may call ${paint.bold(name)}: ${policy === undefined ? 'members' : showPolicy(policy)}`,
    ],
  });
  noteUnpublished(this, published);
}

async function wantedPolicy(context: CliContext, flags: PolicySetFlags): Promise<Policy | undefined> {
  const { default: fallback, allow = [], file, none } = flags;
  const ways = [fallback !== undefined || allow.length > 0, file !== undefined, none === true].filter(Boolean).length;
  if (ways > 1) throw new ThemisError('THEMIS_USAGE', 'either --none, or --file, or --default and --allow');
  if (ways === 0) throw new ThemisError('THEMIS_USAGE', 'say who may: --allow NAMES, --default WHO, --file FILE, or --none');
  if (none === true) return undefined;
  if (file !== undefined) return requirePolicy(context, file);
  return { default: fallback ?? 'deny-all', allow };
}
