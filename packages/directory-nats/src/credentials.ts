import { ThemisError } from '@themis-mesh/core';
import { readBounded, readPrivate } from '@themis-mesh/storage';
import {
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
} from '@nats-io/transport-node';
import type { NatsCredentials, NatsTls } from './options.ts';

/** No file of credentials or certificates is larger. Bytes. */
const MAX_BYTES = 262_144;

/** @throws ThemisError `THEMIS_FILE_MISSING`, `THEMIS_KEY_FILE_READABLE` and others of private files, `THEMIS_FILE_MALFORMED` */
export async function readAuthenticator(credentials: NatsCredentials): Promise<Authenticator> {
  const { kind, file } = credentials;
  const secret = await readSecret(file);
  switch (kind) {
    case 'creds':
      requireForm(file, secret, /-----BEGIN NATS USER JWT-----[^]+-----BEGIN USER NKEY SEED-----/);
      return credsAuthenticator(secret);
    case 'nkey':
      return nkeyAuthenticator(Buffer.from(lineOf(file, secret, /^SU[A-Z2-7]{56}$/)));
    case 'password':
      return usernamePasswordAuthenticator(credentials.user, lineOf(file, secret, /^.{1,1024}$/u));
    case 'token':
      return tokenAuthenticator(lineOf(file, secret, /^.{1,4096}$/u));
  }
}

export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws ThemisError as {@link readAuthenticator} does */
export async function readTls({ ca, cert, key }: NatsTls): Promise<TlsMaterial> {
  return {
    ...(ca === undefined ? {} : { ca: await readPublic(ca) }),
    ...(cert === undefined ? {} : { cert: await readPublic(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(await readSecret(key)).toString() }),
  };
}

async function readPublic(file: string): Promise<string> {
  const bytes = await readBounded(file, MAX_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', file);
  requireForm(file, bytes, /-----BEGIN CERTIFICATE-----/);
  return Buffer.from(bytes).toString();
}

async function readSecret(file: string): Promise<Uint8Array> {
  const bytes = await readPrivate(file, MAX_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', file);
  return bytes;
}

/** The one line of a file, without its end. */
function lineOf(file: string, bytes: Uint8Array, form: RegExp): string {
  const line = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, '');
  if (!form.test(line)) throw malformed(file);
  return line;
}

function requireForm(file: string, bytes: Uint8Array, form: RegExp): void {
  if (!form.test(Buffer.from(bytes).toString())) throw malformed(file);
}

/** What is in the file is not shown: it is secret, or was meant to be. */
function malformed(file: string): ThemisError {
  return new ThemisError('THEMIS_FILE_MALFORMED', `${file} is not what it is named as`);
}
