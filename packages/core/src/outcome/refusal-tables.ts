import { APP_REFUSALS } from '../app/refusals.ts';
import { CERTIFICATE_REFUSALS } from '../certificate/refusals.ts';
import { DOOR_REFUSALS } from '../door/refusals.ts';
import { IDENTITY_REFUSALS } from '../identity/refusals.ts';
import { NODE_REFUSALS } from '../record/node-refusals.ts';
import { POLICY_REFUSALS } from '../policy/refusals.ts';
import { RECORD_REFUSALS } from '../record/refusals.ts';
import { STATEMENT_REFUSALS } from '../statement/refusals.ts';
import { TRUST_REFUSALS } from '../trust/refusals.ts';
import type { RefusalCode } from './refusals.ts';

/** Every refusal with its meaning, by what it is about. */
export const REFUSAL_TABLES: Readonly<Record<RefusalTopic, Readonly<Partial<Record<RefusalCode, string>>>>> = Object.freeze({
  statement: STATEMENT_REFUSALS,
  identity: IDENTITY_REFUSALS,
  certificate: CERTIFICATE_REFUSALS,
  app: APP_REFUSALS,
  policy: POLICY_REFUSALS,
  trust: TRUST_REFUSALS,
  record: RECORD_REFUSALS,
  node: NODE_REFUSALS,
  door: DOOR_REFUSALS,
});

export type RefusalTopic = 'statement' | 'identity' | 'certificate' | 'app' | 'policy' | 'trust' | 'record' | 'node' | 'door';

/** @param code of any release. @returns undefined for a code that this release does not know */
export function meaningOfRefusal(code: string): string | undefined {
  for (const table of Object.values(REFUSAL_TABLES)) {
    const meaning = Object.entries(table).find(([name]) => name === code)?.[1];
    if (meaning !== undefined) return meaning;
  }
  return undefined;
}
