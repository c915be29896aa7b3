import { ServiceName, TargetName, ThemisError } from '@themis-mesh/core';
import type { PolicyOptions } from '@themis-mesh/mesh';
import type { AppOption } from '../app/app-place.ts';
import { DENY, parseEgress, type EgressRule } from '../proxy/egress-rule.ts';
import { parseListenAddress, type ListenAddress } from '../tcp/listen-address.ts';
import { parseForwardTarget } from './forward-target.ts';
import type { AppProtocol, ForwardOption, SidecarOptions } from './options.ts';

/** A sidecar as a user asks for it on the command line: texts, as they were typed. */
export interface SidecarFlags {
  readonly home?: string | undefined;
  readonly port?: string | undefined;
  readonly socket?: string | undefined;
  readonly protocol?: string | undefined;
  readonly listen?: string | undefined;
  readonly advertise?: string | undefined;
  /** Each `LOCALPORT=SERVICE`. */
  readonly forward?: readonly string[] | undefined;
  /** `deny`, `allow`, or hosts. */
  readonly egress?: readonly string[] | undefined;
  readonly ingress?: string | undefined;
  readonly probe?: string | undefined;
  readonly metrics?: string | undefined;
  /** Names by which readers of metrics may ask. */
  readonly metricsHost?: readonly string[] | undefined;
  readonly accessLog?: string | undefined;
  readonly accessLogQuery?: boolean | undefined;
  readonly maxConnections?: string | undefined;
  readonly stall?: string | undefined;
  readonly health?: string | undefined;
  readonly wait?: string | undefined;
  readonly drain?: string | undefined;
  readonly leaf?: string | undefined;
  readonly zone?: string | undefined;
  /** Each `NAME=VALUE`. */
  readonly label?: readonly string[] | undefined;
  readonly weight?: string | undefined;
  readonly policy?: string | undefined;
  readonly policyFile?: string | undefined;
  /** Names of callers. */
  readonly allow?: readonly string[] | undefined;
  readonly proxy?: boolean | undefined;
}

export const DEFAULT_WAIT_SECONDS = 30;
export const DEFAULT_DRAIN_SECONDS = 10;
export const DEFAULT_STALL_SECONDS = 30;
export const DEFAULT_MAX_CONNECTIONS = 10_000;
const MOST_SECONDS = 86_400;

/**
 * @param name the service's
 * @param command the app's command; empty for none
 * @throws ThemisError `THEMIS_NAME_INVALID`; `THEMIS_CONFIG_INVALID` with all mistakes together
 */
export function readSidecarOptions(name: string, command: readonly string[], flags: SidecarFlags): SidecarOptions {
  const service = ServiceName.parse(name);
  if (service === undefined) throw new ThemisError('THEMIS_NAME_INVALID', name);
  const reader = new FlagReader();
  const options: SidecarOptions = {
    service,
    home: flags.home,
    app: reader.app(flags),
    protocol: reader.protocol(flags.protocol),
    listen: reader.address('--listen', flags.listen) ?? { host: '127.0.0.1', port: 0 },
    advertise: flags.advertise,
    forwards: (flags.forward ?? []).map((text) => reader.forward(text)),
    egress: reader.egress(flags.egress),
    ingress: reader.address('--ingress', flags.ingress),
    probe: reader.address('--probe', flags.probe),
    metrics: reader.metrics(flags),
    accessLog: reader.accessLog(flags),
    maxConnections: reader.connections(flags.maxConnections),
    stallSeconds: reader.seconds('--stall', flags.stall, 1) ?? DEFAULT_STALL_SECONDS,
    health: reader.health(flags.health),
    waitSeconds: reader.seconds('--wait', flags.wait) ?? DEFAULT_WAIT_SECONDS,
    drainSeconds: reader.seconds('--drain', flags.drain) ?? DEFAULT_DRAIN_SECONDS,
    leafSeconds: reader.seconds('--leaf', flags.leaf),
    zone: flags.zone,
    labels: flags.label === undefined ? undefined : Object.fromEntries(flags.label.map((text) => reader.label(text))),
    weight: reader.weight(flags.weight),
    policy: reader.policy(flags),
    policyFile: flags.policyFile,
    proxy: flags.proxy ?? true,
    command,
  };
  if (options.protocol !== 'http' && options.ingress !== undefined)
    reader.mistake('--ingress: of an app that speaks HTTP/1.1 only');
  if (options.protocol !== 'http' && options.health !== undefined)
    reader.mistake('--health: of an app that speaks HTTP/1.1 only');
  reader.finish();
  return options;
}

/** Reads texts one by one, and keeps what is wrong with them for the end. */
class FlagReader {
  readonly #mistakes: string[] = [];

  mistake(text: string): void {
    this.#mistakes.push(text);
  }

  finish(): void {
    if (this.#mistakes.length > 0) throw new ThemisError('THEMIS_CONFIG_INVALID', this.#mistakes.join('; '));
  }

  app({ port, socket }: SidecarFlags): AppOption {
    if ((port === undefined) === (socket === undefined)) {
      this.mistake('either --port or --socket: where the app listens');
      return { port: 0 };
    }
    return socket === undefined ? { port: this.port('--port', port ?? '') } : { socket };
  }

  protocol(text = 'http'): AppProtocol {
    if (text === 'http' || text === 'h2' || text === 'tcp') return text;
    this.mistake('--protocol: http, h2 or tcp');
    return 'http';
  }

  address(flag: string, text: string | undefined): ListenAddress | undefined {
    if (text === undefined) return undefined;
    const address = parseListenAddress(text);
    if (address === undefined) this.mistake(`${flag}: HOST:PORT with an address of this machine, or PORT`);
    return address;
  }

  forward(text: string): ForwardOption {
    const [port = '', to = '', ...more] = text.split('=');
    const target = parseForwardTarget(to);
    if (target !== undefined && more.length === 0) return { port: this.port('--forward', port), ...target };
    this.mistake(`--forward ${text}: LOCALPORT=SERVICE, where SERVICE may be http:NAME, h2:NAME, NAME.ALIAS`);
    return { port: 0, service: 'invalid' as TargetName, protocol: 'tcp' };
  }

  egress(words: readonly string[] | undefined): EgressRule {
    try {
      return parseEgress(words ?? []);
    } catch (error) {
      if (!ThemisError.is(error)) throw error;
      this.mistake(`--egress: deny, allow, or hosts (HOST, *.HOST, HOST:PORT)`);
      return DENY;
    }
  }

  health(path: string | undefined): string | undefined {
    if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) this.mistake('--health: a path, beginning with /');
    return path;
  }

  metrics({ metrics, metricsHost: names = [] }: SidecarFlags): SidecarOptions['metrics'] {
    const address = this.address('--metrics', metrics);
    if (!names.every(isHostName)) this.mistake('--metrics-host: names of hosts');
    if (address === undefined && metrics === undefined && names.length > 0) this.mistake('--metrics-host: with --metrics only');
    return address && { ...address, names };
  }

  accessLog({ accessLog: to, accessLogQuery: query = false }: SidecarFlags): SidecarOptions['accessLog'] {
    if (to === '') this.mistake('--access-log: a file, or - for the output');
    if (to === undefined && query) this.mistake('--access-log-query: with --access-log only');
    return to === undefined ? undefined : { to, query };
  }

  connections(text: string | undefined): number {
    if (text === undefined) return DEFAULT_MAX_CONNECTIONS;
    if (!/^[1-9]\d{0,6}$/.test(text)) this.mistake('--max-connections: a number from 1 to 9999999');
    return Number(text);
  }

  seconds(flag: string, text: string | undefined, least = 0): number | undefined {
    if (text === undefined) return undefined;
    const seconds = Number(text);
    if (/^\d{1,5}(?:\.\d{1,3})?$/.test(text) && seconds >= least && seconds <= MOST_SECONDS) return seconds;
    this.mistake(`${flag}: seconds, from ${least} to ${MOST_SECONDS}`);
    return undefined;
  }

  label(text: string): readonly [string, string] {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === '') this.mistake(`--label ${text}: NAME=VALUE`);
    return [name, value];
  }

  weight(text: string | undefined): number | undefined {
    if (text !== undefined && !/^[1-9]\d{0,4}$/.test(text)) this.mistake('--weight: a whole number from 1 to 10000');
    return text === undefined ? undefined : Number(text);
  }

  policy({ policy, allow, policyFile }: SidecarFlags): PolicyOptions | undefined {
    if (policyFile !== undefined && (policy !== undefined || allow !== undefined)) {
      this.mistake('either --policy-file, or --policy and --allow');
    }
    if (policy === undefined && allow === undefined) return undefined;
    if (policy !== undefined && policy !== 'members' && policy !== 'authenticated' && policy !== 'deny-all') {
      this.mistake('--policy: members, authenticated or deny-all');
      return undefined;
    }
    const names = allow?.map((name) => TargetName.parse(name));
    if (names?.includes(undefined)) this.mistake('--allow: names of services, of an imported app NAME.ALIAS');
    return {
      ...(policy === undefined ? {} : { default: policy }),
      ...(names === undefined ? {} : { allow: names.filter((name) => name !== undefined) }),
    };
  }

  port(flag: string, text: string): number {
    const port = Number(text);
    if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) this.mistake(`${flag}: a port, from 1 to 65535`);
    return port;
  }
}

/** Of a host as it stands in `Host`, without its port. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(text);
}
