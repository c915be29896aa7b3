import { becomeInitIfFirst, shapeHeap, readSidecarOptions, readyReport, runSidecar, type SidecarFlags } from '@themis-mesh/agent';
import { ThemisError } from '@themis-mesh/core';
import { environmentHome } from '@themis-mesh/mesh';
import type { CliContext } from '../context.ts';
import type { HomeFlags } from '../flags.ts';
import type { LogFlags } from '../log-flags.ts';
import { openLog } from '../open-log.ts';

export interface RunFlags extends HomeFlags, LogFlags, Omit<SidecarFlags, 'home' | 'proxy'> {
  readonly noProxy?: boolean | undefined;
}

export async function run(this: CliContext, flags: RunFlags, name?: string, ...command: string[]): Promise<void> {
  const { host, environment } = this;
  if (name === undefined) throw new ThemisError('THEMIS_USAGE', 'NAME is missing: the service to run');
  becomeInitIfFirst(host.pid, [...host.themis, ...host.words], host.replace);
  shapeHeap();
  const home = flags.home ?? environmentHome(environment);
  const options = readSidecarOptions(name, command, { ...flags, home, proxy: flags.noProxy !== true });
  this.process.exitCode = await runSidecar(options, {
    environment,
    signals: host.signals,
    log: openLog(this, flags),
    isTerminal: host.isOnTerminal,
    onReady: (ports, app) => {
      host.report(readyReport(ports, app));
    },
  });
}
