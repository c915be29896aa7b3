import { parseListenAddress, runNode } from '@themis-mesh/agent';
import { ThemisError, type Address, type ServiceName } from '@themis-mesh/core';
import { environmentHome, parseNodeAddress } from '@themis-mesh/mesh';
import type { CliContext } from '../context.ts';
import type { HomeFlags } from '../flags.ts';
import type { LogFlags } from '../log-flags.ts';
import { openLog } from '../open-log.ts';

export interface NodeRunFlags extends HomeFlags, LogFlags {
  readonly listen?: string | undefined;
  readonly advertise?: string | undefined;
  readonly join?: readonly string[] | undefined;
  readonly index?: number | undefined;
  readonly data?: string | undefined;
  readonly metrics?: string | undefined;
  readonly zone?: string | undefined;
}

/** Where a node listens where nothing is said: loopback, a port that is the same each time. */
const DEFAULT_LISTEN = '127.0.0.1:7400';

export async function nodeRun(this: CliContext, flags: NodeRunFlags, name: ServiceName): Promise<void> {
  const { host, environment } = this;
  const listen = readListen(flags.listen ?? DEFAULT_LISTEN, '--listen');
  const metrics = flags.metrics === undefined ? undefined : readListen(flags.metrics, '--metrics');
  await runNode(
    {
      service: name,
      home: flags.home ?? environmentHome(environment),
      ...listen,
      bootstrap: (flags.join ?? []).map(requireAddress),
      ...(flags.index === undefined ? {} : { index: flags.index }),
      ...(flags.advertise === undefined ? {} : { advertise: flags.advertise }),
      ...(flags.data === undefined ? {} : { data: flags.data }),
      ...(flags.zone === undefined ? {} : { zone: flags.zone }),
      ...(metrics === undefined ? {} : { metrics }),
    },
    {
      signals: host.signals,
      log: openLog(this, flags),
      onReady: ({ status }) => host.report({ ready: { port: status.address.port } }),
    },
  );
}

function readListen(text: string, flag: string): { readonly host: string; readonly port: number } {
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  throw new ThemisError('THEMIS_USAGE', `${flag} ${text}: HOST:PORT with an address of this machine, or a port of loopback`);
}

function requireAddress(text: string): Address {
  const address = parseNodeAddress(text);
  if (address !== undefined) return address;
  throw new ThemisError('THEMIS_USAGE', `--join ${text}: HOST:PORT of a node`);
}
