import { showSequence, type AppState } from '@themis-mesh/core';
import type { Published } from '@themis-mesh/owner';
import type { Field } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import type { JsonValue } from './answer.ts';

/** A moment in JSON: ISO 8601 in UTC. @param seconds since 1970 */
export function jsonTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** What several commands say of the app and its charter. */
export function appJson({ history, charter }: AppState): Readonly<Record<string, JsonValue>> {
  const { iat, exp } = charter.claims;
  return {
    id: history.id,
    keySequence: history.seq,
    charter: { sequence: showSequence(charter.sequence), issued: jsonTime(iat), expires: jsonTime(exp) },
  };
}

/** The fields of {@link appJson}. @param at where it stands in the command's JSON */
export function appFields(at: string): readonly Field[] {
  return [
    { path: `${at}.id`, type: 'text', meaning: 'The ID of the app: what is pinned' },
    { path: `${at}.keySequence`, type: 'number', meaning: 'How many times its keys were changed' },
    { path: `${at}.charter.sequence`, type: 'text', meaning: 'Of its newest charter: key sequence, dot, number' },
    { path: `${at}.charter.issued`, type: 'time', meaning: 'When that was signed' },
    { path: `${at}.charter.expires`, type: 'time', meaning: 'Until when newcomers are admitted by it' },
  ];
}

export const PUBLISHED_FIELD: Field = {
  path: 'published',
  type: 'boolean',
  meaning: 'Whether the directory has it; where not, the next command of the owner tells it again',
};

/** Says so where the directory does not have what was signed. */
export function noteUnpublished({ err }: CliContext, published: Published): void {
  if (published.is === 'published') return;
  err.lines([
    `${err.paint.warning('note')} The directory was not told: ${published.because}`,
    `  ${err.paint.dim('do')}      Run \`themis renew\` when it answers again. Until then others do not know of it.`,
  ]);
}
