import { showForwardTarget } from '../sidecar/forward-target.ts';
import { showListenAddress } from '../tcp/listen-address.ts';
import type { ServicePlan } from './config.ts';
import { policyFileOf } from './policy-files.ts';

/**
 * The arguments of `themis` that run a service behind a sidecar.
 *
 * @param port of this instance's program; undefined for a socket
 */
export function runArguments(
  plan: ServicePlan,
  port: number | undefined,
  home: string,
  flags: readonly string[] = [],
): readonly string[] {
  const {
    name,
    socket,
    protocol,
    egress,
    forward = [],
    ingress,
    probe,
    metrics,
    metricsHost,
    accessLog,
    accessLogQuery,
    maxConnections,
    stall,
    listen,
    advertise,
    proxy,
    health,
    wait,
    drain,
    leaf,
    zone,
    labels = {},
    weight,
  } = plan;
  return [
    ...['run', name, '--home', home],
    ...(port === undefined ? option('--socket', socket) : option('--port', port)),
    ...option('--protocol', protocol),
    ...['--policy-file', policyFileOf(home, name)],
    ...list('--egress', egress),
    ...forward.flatMap((each) => ['--forward', `${each.port}=${showForwardTarget(each)}`]),
    ...option('--ingress', ingress && showListenAddress(ingress)),
    ...option('--probe', probe && showListenAddress(probe)),
    ...option('--metrics', metrics && showListenAddress(metrics)),
    ...list('--metrics-host', metricsHost),
    ...option('--access-log', accessLog),
    ...(accessLogQuery === true ? ['--access-log-query'] : []),
    ...option('--max-connections', maxConnections),
    ...option('--stall', stall),
    ...option('--listen', listen && showListenAddress(listen)),
    ...option('--advertise', advertise),
    ...(proxy === false ? ['--no-proxy'] : []),
    ...option('--health', health),
    ...['--wait', String(wait), '--drain', String(drain)],
    ...option('--leaf', leaf),
    ...option('--zone', zone),
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
    ...option('--weight', weight),
    ...flags,
    '--',
    ...commandOf(plan, port),
  ];
}

/** The program and its arguments, with its port in the place of `{port}`. */
export function commandOf({ command }: ServicePlan, port: number | undefined): readonly string[] {
  return port === undefined ? command : command.map((word) => word.replaceAll('{port}', String(port)));
}

/** What a service's program finds in its environment besides what `up` itself has. */
export function variablesOf({ env }: ServicePlan, port: number | undefined): Readonly<Record<string, string>> {
  if (port === undefined) return env;
  const filled = Object.entries(env).map(([name, value]) => [name, value.replaceAll('{port}', String(port))] as const);
  return Object.fromEntries<string>([['PORT', String(port)], ...filled]);
}

function list(flag: string, values: readonly string[] = []): readonly string[] {
  return values.length === 0 ? [] : [flag, values.join(',')];
}

function option(flag: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [flag, String(value)];
}
