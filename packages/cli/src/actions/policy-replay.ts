import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Replay, type ChangedRequests, type ReplayReport } from '@themis-mesh/agent';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import { readApp } from '@themis-mesh/owner';
import { fileError } from '@themis-mesh/storage';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { escapeText } from '../output/escape.ts';
import type { Paint } from '../output/paint.ts';
import { table } from '../output/table.ts';
import { openPlace } from '../place.ts';
import { requirePolicy } from '../policy-mistakes.ts';

export interface PolicyReplayFlags extends HomeFlags, JsonFlags {
  readonly policy: string;
  readonly to?: ServiceName | undefined;
}

/** Of the kinds of requests that would be judged otherwise, so many are shown. */
const SHOWN = 50;

export async function policyReplay(this: CliContext, flags: PolicyReplayFlags, log: string): Promise<void> {
  const policy = await requirePolicy(this, flags.policy);
  const replay = new Replay(policy, await membersOf(this, flags), flags.to);
  const input = log === '-' ? this.input : createReadStream(log);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line !== '') replay.take(line);
  } catch (error) {
    throw fileError(error, log);
  }
  const report = replay.report();
  const changes = report.changes.slice(0, SHOWN);
  printAnswer(this, flags, {
    json: { ...report, changes: changes.map((change) => ({ ...change })) },
    text: (paint) => showReport(report, changes, paint),
  });
}

/** Labels are in the charter, not in the log. Without a home there are none. */
async function membersOf(context: CliContext, flags: HomeFlags): Promise<ConstructorParameters<typeof Replay>[1]> {
  try {
    await using place = await openPlace(context, flags);
    const { charter } = await readApp(place);
    return (name) => {
      const member = charter.memberByName(name);
      return member && { id: member.id, labels: member.labels ?? new Map() };
    };
  } catch (error) {
    if (!ThemisError.is(error, 'THEMIS_HOME_MISSING') && !ThemisError.is(error, 'THEMIS_APP_UNSEEN')) throw error;
    return () => undefined;
  }
}

function showReport(report: ReplayReport, changes: readonly ChangedRequests[], paint: Paint): readonly string[] {
  const { judged, passedOver, wouldBeRefused, wouldBeAllowed, unsure } = report;
  const isSame = wouldBeRefused + wouldBeAllowed + unsure === 0;
  return [
    `${judged} requests judged, ${passedOver} lines passed over`,
    isSame
      ? paint.good('nothing would change')
      : `${wouldBeRefused} would be refused, ${wouldBeAllowed} allowed, ${unsure} depend on headers`,
    ...(isSame ? [] : ['', ...table(['COUNT', 'NOW', 'CALLER', 'SERVICE', 'REQUEST', 'RULE'], changes.map(rowOf), paint)]),
  ];
}

function rowOf({ count, change, caller, service, method, path, rule }: ChangedRequests): readonly string[] {
  const request = method === undefined ? 'a raw stream' : `${method} ${path ?? ''}`;
  const now = change === 'unsure' ? 'depends on headers' : change;
  return [String(count), now, ...[caller, service, request, rule].map((text) => escapeText(text))];
}
