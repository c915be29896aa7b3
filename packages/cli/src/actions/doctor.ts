import { ThemisError } from '@themis-mesh/core';
import { environmentSealing } from '@themis-mesh/mesh';
import { readApp } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import { checkEnvironment } from '../doctor/environment.ts';
import { checkClock, checkExpiry } from '../doctor/expiry.ts';
import { findingOf, type Finding } from '../doctor/finding.ts';
import { checkImports } from '../doctor/imports.ts';
import { checkKeys } from '../doctor/keys.ts';
import { checkForks, checkLeftovers } from '../doctor/leftovers.ts';
import type { Check } from '../doctor/patient.ts';
import { checkReachability } from '../doctor/reachability.ts';
import { checkRecords } from '../doctor/records.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { openReader } from '../instances.ts';
import { printAnswer } from '../output/answer.ts';
import { escapeText } from '../output/escape.ts';
import type { Paint } from '../output/paint.ts';
import { withProgress } from '../output/progress.ts';
import { homeAt, openPlace } from '../place.ts';
import { readServices } from '../service-status.ts';

export interface DoctorFlags extends HomeFlags, JsonFlags {}

/** What is looked at in a home that can be opened. */
const CHECKS: readonly Check[] = [
  { name: 'clock', run: checkClock },
  { name: 'expiry', run: checkExpiry },
  { name: 'records', run: checkRecords },
  { name: 'imports', run: checkImports },
  { name: 'reachability', run: checkReachability },
  { name: 'leftovers', run: checkLeftovers },
  { name: 'forks', run: checkForks },
];

export async function doctor(this: CliContext, flags: DoctorFlags): Promise<void> {
  const results = await withProgress(this, 'Looking', () => examine(this, flags));
  const isWell = results.every(({ findings }) => findings.every(({ level }) => level !== 'error'));
  printAnswer(this, flags, {
    json: { isWell, checks: results.map(({ name, findings }) => ({ name, findings: findings.map((each) => ({ ...each })) })) },
    text: (paint) => results.flatMap((result) => showResult(result, paint)),
  });
  if (!isWell) this.process.exitCode = 1;
}

interface Result {
  readonly name: string;
  readonly findings: readonly Finding[];
}

async function examine(context: CliContext, flags: DoctorFlags): Promise<readonly Result[]> {
  const { environment } = context;
  const sealing = await environmentSealing(environment).catch(() => ({}));
  const before = [
    { name: 'environment', findings: await checkEnvironment(environment) },
    { name: 'keys', findings: await checkKeys(homeAt(context, flags), sealing) },
  ];
  const known = new Set(before.flatMap(({ findings }) => findings.map(({ code, what }) => code + what)));
  try {
    return [...before, ...(await examineHome(context, flags))];
  } catch (error) {
    const found = findingOf(error);
    return known.has(found.code + found.what) ? before : [...before, { name: 'home', findings: [found] }];
  }
}

async function examineHome(context: CliContext, flags: DoctorFlags): Promise<readonly Result[]> {
  await using place = await openPlace({ ...context, environment: withoutPassphrase(context.environment) }, flags);
  const app = await readApp(place);
  const services = await readServices(place.home, app, await openReader(context, place));
  const patient = { context, place, app, services };
  return await Promise.all(CHECKS.map(async ({ name, run }) => ({ name, findings: await settled(() => run(patient)) })));
}

/** A check that cannot be finished says so. */
async function settled(check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!ThemisError.is(error)) throw error;
    return [findingOf(error)];
  }
}

/** Whether it can be read is found by the check of the environment; nothing is signed here. */
function withoutPassphrase({ THEMIS_PASSPHRASE_FILE: _, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}

function showResult({ name, findings }: Result, paint: Paint): readonly string[] {
  if (findings.length === 0) return [`${paint.good('ok')}       ${name}`];
  return findings.flatMap(({ code, level, what, remedy }) => [
    `${level === 'error' ? `${paint.bad('error')}  ` : paint.warning('warning')}  ${name}: ${paint.bold(code)}`,
    `         ${escapeText(what)}`,
    `         ${paint.dim('do')} ${remedy}`,
  ]);
}
