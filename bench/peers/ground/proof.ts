import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { text } from 'node:stream/consumers';
import type { Carries, Entry, Pair, Stage } from '../contenders/contender.ts';
import { requestText } from '../load/request.ts';
import { PATHS } from './origin.ts';

/** What a pair was seen to speak between its sides. */
export interface Spoken {
  readonly protocol: string;
  readonly cipher: string;
  readonly group: string;
}

/**
 * Holds a pair to what all are compared by: it answers, its server side lets nobody in without a certificate, and one that reads
 * HTTP says who calls, takes out what a caller says of itself, and refuses the path that is not open.
 *
 * @returns nothing for the direct way
 * @throws Error for one that does not: its figures would compare something else
 */
export async function prove(carries: Carries, pair: Pair, stage: Stage): Promise<Spoken | undefined> {
  const small = await get(pair.entry, PATHS.small);
  if (small.status !== 200 || small.body.length !== 1024)
    throw new Error(`it does not answer: ${small.status} ${small.body.slice(0, 200)}`);
  if (pair.tlsPort === undefined) return undefined;
  if (carries === 'http') await proveJudgement(pair.entry);
  const { authority: ca, client } = stage.certificates;
  // Whom ours present is not what a plain client could verify; what is spoken is what is looked at.
  const look: ConnectionOptions = { host: '127.0.0.1', port: pair.tlsPort, ca: readFileSync(ca), rejectUnauthorized: false };
  if ((await answersTo(look)).startsWith('HTTP/1.1 200'))
    throw new Error('its server side answers callers without a certificate');
  return spokenBy({ ...look, cert: readFileSync(client.certificate), key: readFileSync(client.key) });
}

async function proveJudgement(entry: Entry): Promise<void> {
  const forged = { 'x-client-identity': 'forged', 'x-forwarded-client-cert': 'URI=forged', 'x-themis-caller': 'forged' };
  const who = await get(entry, PATHS.who, forged);
  const identities = who.body.split('|').filter((value) => /client|spiffe:/.test(value) && !value.includes('forged'));
  if (identities.length === 0) throw new Error(`it does not say who calls, or leaves what a caller says: ${who.body}`);
  const { status } = await get(entry, PATHS.closed);
  if (status !== 403) throw new Error(`it does not judge paths: ${status}`);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function get(entry: Entry, path: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const socket = connectPlain(entry.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(requestText(entry, path, { ...more, connection: 'close' }));
  const answer = await text(socket);
  const body = answer.indexOf('\r\n\r\n');
  return { status: Number(answer.split(' ')[1]), body: answer.slice(body + 4) };
}

/** What comes back to a request over TLS; nothing where the connection breaks off. */
async function answersTo(options: ConnectionOptions): Promise<string> {
  const socket = connectTls(options);
  socket.write(`GET ${PATHS.small} HTTP/1.1\r\nhost: origin\r\nconnection: close\r\n\r\n`);
  return readAll(socket);
}

async function readAll(socket: Socket): Promise<string> {
  socket.setTimeout(3000, () => socket.destroy());
  let heard = '';
  socket.setEncoding('latin1').on('data', (bytes: string) => (heard += bytes));
  await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
  return heard;
}

async function spokenBy(options: ConnectionOptions): Promise<Spoken> {
  const socket = connectTls({ ...options, ciphers: CIPHERS, ecdhCurve: GROUPS, ALPNProtocols: [...PROTOCOLS] });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  // The declared type knows no hybrid groups, and some releases name none.
  const key = socket.getEphemeralKeyInfo() as { readonly name?: string } | null;
  const spoken = {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    group: key?.name ?? 'unnamed',
  };
  socket.destroy();
  return spoken;
}

/** In the order of every client here: some servers follow it. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
const GROUPS = 'X25519MLKEM768:X25519:P-256';

/** A listener of ours ends a handshake that offers none that it speaks. */
const PROTOCOLS = ['themis/1', 'themis-tcp/1', 'themis-http/1', 'h2', 'http/1.1'] as const;
