import { isAbsolute } from 'node:path';
import { ThemisError } from '@themis-mesh/core';
import type { NatsCredentials, NatsDirectoryOptions, NatsTls } from './options.ts';

/** Where a directory on NATS is, and how to be let in: what one text can say. */
export type NatsPlace = Pick<NatsDirectoryOptions, 'servers' | 'credentials' | 'tls' | 'bucketPrefix' | 'replicas'>;

/** Whether a text means a directory on NATS, as opposed to a folder. */
export function isNatsUrl(text: string): boolean {
  return /^(?:nats|tls):\/\//.test(text);
}

const KEYS = ['creds', 'nkey', 'user', 'password', 'token', 'ca', 'cert', 'key', 'prefix', 'replicas'] as const;
type Key = (typeof KEYS)[number];
const FILES: readonly Key[] = ['creds', 'nkey', 'password', 'token', 'ca', 'cert', 'key'];

/**
 * `nats://HOST:PORT[,HOST:PORT…][?KEY=VALUE&…]`, or with `tls://`. The values of `creds`, `nkey`, `password`, `token`, `ca`, `cert`
 * and `key` are full paths of files; `user`, `prefix` and `replicas` are what they say. There is no place for a secret itself.
 *
 * @throws ThemisError `THEMIS_DIRECTORY_INVALID`
 */
export function parseNatsUrl(text: string): NatsPlace {
  const parts = /^(nats|tls):\/\/([^/?#@]+)\/?(?:\?([^#]*))?$/.exec(text);
  if (parts === null) throw invalid('nats://HOST:PORT,…?KEY=FILE&…, with no user, path or fragment');
  const [, scheme = '', hosts = '', query = ''] = parts;
  const given = new URLSearchParams(query);
  const values = new Map<Key, string>();
  for (const [name, value] of given) {
    const key = KEYS.find((known) => known === name);
    if (key === undefined) throw invalid(`there is no key ${name}; there is ${KEYS.join(', ')}`);
    if (value === '' || values.has(key)) throw invalid(`${key} is given once, with a value`);
    if (FILES.includes(key) && !isAbsolute(value)) throw invalid(`${key}: the full path of a file`);
    values.set(key, value);
  }
  const replicas = values.get('replicas');
  if (replicas !== undefined && !/^[1-5]$/.test(replicas)) throw invalid('replicas: from 1 to 5');
  return {
    servers: hosts.split(',').map((host) => `${scheme}://${host}`),
    credentials: credentialsOf(values),
    tls: tlsOf(values),
    bucketPrefix: values.get('prefix'),
    replicas: replicas === undefined ? undefined : Number(replicas),
  };
}

function credentialsOf(values: ReadonlyMap<Key, string>): NatsCredentials | undefined {
  const kinds = (['creds', 'nkey', 'password', 'token'] as const).filter((kind) => values.has(kind));
  const [kind] = kinds;
  if (kinds.length > 1) throw invalid(`one of ${kinds.join(' and ')} is enough`);
  if ((kind === 'password') !== values.has('user')) throw invalid('user and password go together');
  const file = kind === undefined ? undefined : values.get(kind);
  if (kind === undefined || file === undefined) return undefined;
  return kind === 'password' ? { kind, user: values.get('user') ?? '', file } : { kind, file };
}

function tlsOf(values: ReadonlyMap<Key, string>): NatsTls | undefined {
  const [ca, cert, key] = [values.get('ca'), values.get('cert'), values.get('key')];
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
}

function invalid(detail: string): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_INVALID', detail);
}
