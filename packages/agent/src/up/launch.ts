import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { AppPlace } from '../app/app-place.ts';
import { waitUntilAnswering } from '../app/answering.ts';
import { APP_VARIABLES, encodeVariables } from '../child/app-variables.ts';
import { Child } from '../child/child.ts';
import type { ServicePlan } from './config.ts';
import { parseReadyReport, type ReadyReport } from './ready-report.ts';
import { commandOf, runArguments, variablesOf } from './run-arguments.ts';

/** What `up` starts its services with. */
export interface LaunchPad {
  /** How the `themis` command is run: Node, its options, and the script. */
  readonly themis: readonly string[];
  /** Options of `themis run` that all sidecars get. */
  readonly sidecarFlags: readonly string[];
  readonly home: string;
  /** Relative folders of services begin here: the folder of the configuration. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A process of a service, and when it takes requests. */
export interface Launched {
  readonly child: Child;
  /** Never rejects; stays pending where the process ends before. */
  readonly ready: Promise<ReadyReport | undefined>;
  readonly outputs: { readonly out: Readable | null; readonly err: Readable | null };
}

/**
 * Starts one instance of a service in a process group of its own, so that a terminal's Ctrl-C comes to `up` alone, which
 * then stops all in order.
 *
 * @param port of its program; undefined for none
 * @throws ThemisError THEMIS_COMMAND_NOT_FOUND, THEMIS_CONFIG_INVALID
 */
export async function launch(plan: ServicePlan, port: number | undefined, pad: LaunchPad): Promise<Launched> {
  const cwd = resolve(pad.folder, plan.cwd ?? '.');
  const child = await (plan.mesh === 'sidecar' ? launchSidecar(plan, port, pad, cwd) : launchPlain(plan, port, pad, cwd));
  const ready = plan.mesh === 'sidecar' ? reportOf(child) : answering(child, port);
  return { child, ready, outputs: { out: child.process.stdout, err: child.process.stderr } };
}

function launchSidecar(
  plan: ServicePlan,
  port: number | undefined,
  { themis, sidecarFlags, home, environment }: LaunchPad,
  cwd: string,
): Promise<Child> {
  return Child.start({
    command: [...themis, ...runArguments(plan, port, home, sidecarFlags)],
    // The program's variables are not for its sidecar, and may hold secrets, so they are no arguments either.
    environment: { ...environment, [APP_VARIABLES]: encodeVariables(variablesOf(plan, port)) },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
}

function launchPlain(plan: ServicePlan, port: number | undefined, { home, environment }: LaunchPad, cwd: string): Promise<Child> {
  return Child.start({
    command: commandOf(plan, port),
    environment: { ...environment, ...variablesOf(plan, port), THEMIS_HOME: home, THEMIS_SERVICE: plan.name },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

function reportOf(child: Child): Promise<ReadyReport> {
  return new Promise((done) => {
    child.process.on('message', (message) => {
      const report = parseReadyReport(message);
      if (report !== undefined) done(report);
    });
  });
}

/** A program that is in the mesh by itself says nothing of it to us: it counts as ready when its port answers, or at once. */
async function answering(child: Child, port: number | undefined): Promise<undefined> {
  if (port === undefined) return;
  const over = new AbortController();
  void child.ended.then(() => {
    over.abort();
  });
  const answers = await waitUntilAnswering(new AppPlace({ port }), undefined, over.signal);
  if (!answers) await new Promise<never>(() => undefined);
}
