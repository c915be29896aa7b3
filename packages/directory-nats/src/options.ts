import { ThemisError, type IdentityId } from '@themis-mesh/core';
import type { ForkProof } from '@themis-mesh/storage';

export interface NatsDirectoryOptions {
  /**
   * `nats://HOST:PORT`, or `tls://HOST:PORT` where the server must prove itself by TLS; one or more of one cluster. Those that
   * a server tells of beside them are not used: whoever is asked, and gets credentials, is said here alone.
   */
  readonly servers: string | readonly string[];
  /** Default: none. */
  readonly credentials?: NatsCredentials | undefined;
  /** Default: the system's authorities, for `tls://` servers. Named, TLS is required of `nats://` servers too. */
  readonly tls?: NatsTls | undefined;
  /** Of the buckets: `<prefix>-lasting`, `-services`, `-heads`, `-instances`. Letters, digits, `_` and `-`; default `themis`. */
  readonly bucketPrefix?: string | undefined;
  /** How many servers of the cluster keep each record, where this makes the buckets: 1 to 5, default 1. */
  readonly replicas?: number | undefined;
  /** After which a call is answered `unavailable`. Milliseconds, from 100 to 60000; default 5000. */
  readonly timeoutMs?: number | undefined;
  /** How often a watch looks at all without having been told. Milliseconds, from 100; default 30000. */
  readonly rescanMs?: number | undefined;

  /** The app whose directory this is: charters, heads, services and instances of others are refused. Default: of any. */
  readonly app?: IdentityId | undefined;
  /** Seconds since 1970. Default: the clock of the system. */
  readonly now?: (() => number) | undefined;
  /** Hears of two records that contradict each other. The one held first stays. */
  readonly onFork?: ((proof: ForkProof) => void | Promise<void>) | undefined;
  /** The folder where proofs of forks are kept, made with the first of them. Default: none is kept. */
  readonly alarms?: string | undefined;
  /** The most instances of one service that are kept. Default 1024. */
  readonly maxInstances?: number | undefined;
}

/** Secrets are in files that their user alone may read, and read anew for each connection, so that they can be replaced. */
export type NatsCredentials =
  /** A file of the JWT and its key, as `nsc` writes it. */
  | { readonly kind: 'creds'; readonly file: string }
  /** A file with the seed of an NKey: `SU…`. */
  | { readonly kind: 'nkey'; readonly file: string }
  /** A file with the password on its one line. Refused for servers elsewhere without TLS. */
  | { readonly kind: 'password'; readonly user: string; readonly file: string }
  /** A file with the token on its one line. Refused for servers elsewhere without TLS. */
  | { readonly kind: 'token'; readonly file: string };

/** Files in PEM form. The key's is read as a private one. */
export interface NatsTls {
  /** Who may vouch for the server. Default: the system's authorities. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** What a link to the servers needs to know, with its defaults in place. */
export interface LinkOptions {
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials | undefined;
  readonly tls: NatsTls | undefined;
  readonly bucketPrefix: string;
  readonly replicas: number;
  readonly timeoutMs: number;
}

export const DEFAULT_TIMEOUT_MS = 5000;
export const DEFAULT_RESCAN_MS = 30_000;

const SERVER = /^(?<scheme>nats|tls):\/\/(?<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/;
const PREFIX = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws ThemisError `THEMIS_DIRECTORY_INVALID` with all mistakes together */
export function readLinkOptions(options: NatsDirectoryOptions): LinkOptions {
  const mistakes: string[] = [];
  const demand = (isMet: boolean, mistake: string): void => {
    if (!isMet) mistakes.push(mistake);
  };
  const { credentials, bucketPrefix = 'themis', replicas = 1, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const servers = typeof options.servers === 'string' ? [options.servers] : [...options.servers];
  const read = servers.map((server) => SERVER.exec(server)?.groups);
  demand(servers.length > 0 && servers.length <= 100, 'servers: from 1 to 100');
  // What does not fit is not shown: it may have a password in it.
  demand(
    read.every((server) => server !== undefined),
    'servers: nats://HOST:PORT or tls://HOST:PORT each, with nothing else in it',
  );
  const needsTls = options.tls !== undefined || read.some((server) => server?.['scheme'] === 'tls');
  const tls = needsTls ? (options.tls ?? {}) : undefined;
  demand((tls?.cert === undefined) === (tls?.key === undefined), 'tls: cert and key go together');
  demand(PREFIX.test(bucketPrefix), 'bucketPrefix: 1 to 64 of letters, digits, _ and -');
  demand(isWhole(replicas, 1, 5), 'replicas: from 1 to 5');
  demand(isWhole(timeoutMs, 100, 60_000), 'timeoutMs: from 100 to 60000');
  demand(options.rescanMs === undefined || isWhole(options.rescanMs, 100, 3_600_000), 'rescanMs: from 100 to 3600000');
  const isSentAsItIs = credentials?.kind === 'password' || credentials?.kind === 'token';
  const isHere = read.every((server) => isLoopback(server?.['host'] ?? ''));
  demand(!isSentAsItIs || tls !== undefined || isHere, `credentials: a ${credentials?.kind ?? ''} needs TLS: tls://HOST:PORT`);
  if (mistakes.length > 0) throw new ThemisError('THEMIS_DIRECTORY_INVALID', mistakes.join('; '));
  return { servers, credentials, tls, bucketPrefix, replicas, timeoutMs };
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
