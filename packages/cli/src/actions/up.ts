import { resolve } from 'node:path';
import { becomeInitIfFirst, readConfig, readObserveAll, runUp, showMistake, type AppConfig } from '@themis-mesh/agent';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import { addServices, importApp, initApp, moveHomeDirectory, readApp } from '@themis-mesh/owner';
import { readAnchor } from '../carried-file.ts';
import { IdentityFile } from '@themis-mesh/storage';
import type { CliContext } from '../context.ts';
import type { HomeFlags } from '../flags.ts';
import type { LogFlags } from '../log-flags.ts';
import { openLog } from '../open-log.ts';
import { noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { beginPlace, homeAt, openPlace, type Place } from '../place.ts';

export interface UpFlags extends HomeFlags, LogFlags {
  readonly keepGoing?: boolean | undefined;
  readonly metrics?: string | undefined;
  readonly accessLog?: string | undefined;
}

const DEFAULT_FILE = 'themis.yaml';

export async function up(this: CliContext, flags: UpFlags, file: string = DEFAULT_FILE): Promise<void> {
  const { host, environment, out, err, clock } = this;
  becomeInitIfFirst(host.pid, [...host.themis, ...host.words], host.replace);
  const config = await requireConfig(this, file);
  const home = resolve(homeAt(this, flags).root);
  const log = openLog(this, flags);
  this.process.exitCode = await runUp(config, {
    themis: host.themis,
    sidecarFlags: [...(flags.logJson === true ? ['--log-json'] : []), ...(flags.verbose === true ? ['--verbose'] : [])],
    observe: readObserveAll(flags.metrics, flags.accessLog),
    home,
    environment,
    signals: host.signals,
    log,
    out: out.stream,
    err: err.stream,
    colours: out.paint.isOn && err.paint.isOn,
    keepGoing: flags.keepGoing === true,
    prepare: (services) => makeMissing(this, { home }, config, services),
    now: () => clock.now(),
    onReady: () => {
      log.log('info', 'all services are ready', { services: config.services.length });
    },
  });
}

/** @throws ThemisError THEMIS_CONFIG_INVALID, after all mistakes were told */
async function requireConfig({ err }: CliContext, file: string): Promise<AppConfig> {
  const parsed = await readConfig(file);
  if (parsed.ok) return parsed.config;
  const { mistakes } = parsed;
  err.lines(mistakes.map((mistake) => escapeText(showMistake(file, mistake))));
  throw new ThemisError(
    'THEMIS_CONFIG_INVALID',
    `${file}: ${mistakes.length === 1 ? 'the mistake above' : `the ${mistakes.length} mistakes above`}`,
  );
}

/** Makes the home where there is none, and the identities and imports that are missing in it. */
async function makeMissing(
  context: CliContext,
  flags: HomeFlags,
  config: AppConfig,
  services: readonly ServiceName[],
): Promise<void> {
  const { app } = config;
  await makeHome(context, flags, config);
  await moveTo(context, flags, config);
  await using place = await openPlace(context, flags);
  const { name } = place.file;
  if (app !== undefined && name !== undefined && app !== name) {
    throw new ThemisError('THEMIS_HOME_FOREIGN', `${place.home.root} is of the app ${name}, the configuration is for ${app}`);
  }
  await addMissing(context, place, services);
  await importMissing(context, place, config);
}

async function addMissing(context: CliContext, place: Place, services: readonly ServiceName[]): Promise<void> {
  const missing: ServiceName[] = [];
  for (const service of services) {
    const isHere = (await new IdentityFile(place.home.service(service).identity).readPublic()) !== undefined;
    if (!isHere) missing.push(service);
  }
  if (missing.length === 0) return;
  const added = await addServices(place, missing);
  context.err.lines(added.map(({ member }) => `${context.err.paint.good('added')} ${member.name}`));
  for (const { published } of added.slice(0, 1)) noteUnpublished(context, published);
}

/** What stands in the charter already is left as it is: whoever is no owner can start what the owner has imported. */
async function importMissing(context: CliContext, place: Place, { imports }: AppConfig): Promise<void> {
  for (const { alias, anchor: text } of imports) {
    const anchor = await readAnchor(text);
    const entry = (await readApp(place)).charter.importByAlias(alias);
    if (entry?.app === anchor.app && entry.min.seq >= (anchor.checkpoint?.key ?? 0)) continue;
    const { published } = await importApp(place, alias, anchor);
    context.err.lines([`${context.err.paint.good('imported')} ${alias}, the app ${anchor.app}`]);
    noteUnpublished(context, published);
  }
}

async function moveTo(context: CliContext, flags: HomeFlags, { directory }: AppConfig): Promise<void> {
  if (directory === undefined) return;
  await using place = await openPlace(context, flags);
  if ((await place.home.directoryFolder()) === directory) return;
  noteUnpublished(context, await moveHomeDirectory(place, directory));
  context.err.lines([`${context.err.paint.good('moved')} to the directory ${escapeText(directory)}`]);
}

async function makeHome(context: CliContext, flags: HomeFlags, { app: name, directory }: AppConfig): Promise<void> {
  const place = await beginPlace(context, flags);
  try {
    await place.home.app();
  } catch (error) {
    if (!ThemisError.is(error, 'THEMIS_HOME_MISSING')) throw error;
    const { recovery, published } = await initApp(place, { name, directory });
    context.err.lines([
      `${context.err.paint.good('made')} a home for a new app in ${escapeText(place.home.root)}`,
      `  Its recovery keys are in ${escapeText(recovery)}: move them to a safe place.`,
    ]);
    noteUnpublished(context, published);
  }
}
