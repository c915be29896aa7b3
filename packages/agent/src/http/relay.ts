import { STATUS_CODES, ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import type { AnswerMessage } from '@themis-mesh/mesh';
import { splice } from '../tcp/splice.ts';
import { endToEnd } from './end-to-end.ts';
import { answerError } from './error-response.ts';
import { fieldsOf, filterFields, listOf, type Fields } from './fields.ts';
import { framingOf } from './framing.ts';
import { withoutIdentity } from './identity-fields.ts';
import { answerFields, passBack, passInformation } from './pass-back.ts';
import { TO_WEBSOCKET } from './upgrade.ts';
import type { Answer, OnwardRequest, Upstream } from './upstream.ts';

/** Where a request without fault goes, and what it says there besides what its caller sent. */
export interface Onward {
  readonly upstream: Upstream;
  readonly path: string;
  /** In the place of the caller's `Host`. Default: as the caller sent it. */
  readonly host?: string;
  /** Who calls. Whatever the caller said of that is taken out before. */
  readonly identity: Fields;
  /** Whether the caller is outside the mesh, and no program of this member. Default false. */
  readonly isStranger?: boolean;
}

/** Passes a request on, and its answer back: streaming both ways, at the pace of the slower side. */
export async function relay(request: IncomingMessage, response: ServerResponse, onward: Onward): Promise<void> {
  const { hasBody, fields } = framingOf(request);
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const { message, upgraded } = await onward.upstream.send({
      ...headOf(request, onward, [...fields, ...asksForTrailers(request)]),
      body: hasBody ? request : undefined,
      signal: gone.signal,
      onInformation: (information) => {
        passInformation(information, response);
      },
    });
    if (upgraded !== undefined) throw unasked(upgraded);
    passBack(message, response);
  } catch (error) {
    if (!gone.signal.aborted) answerError(response, error);
  }
}

/** Passes a request for a WebSocket on; when it is granted, the bytes of both sides. */
export async function relayUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, onward: Onward): Promise<void> {
  const gone = new AbortController();
  const onGone = (): void => {
    gone.abort();
  };
  socket.on('error', onGone);
  socket.once('close', onGone);
  try {
    const answer = await onward.upstream.send({
      ...headOf(request, onward, TO_WEBSOCKET),
      body: undefined,
      signal: gone.signal,
      onInformation: () => undefined,
    });
    socket.off('close', onGone);
    if (answer.upgraded === undefined) passBack(answer.message, lastResponse(request, socket));
    else join(answer.message, answer.upgraded, socket, head);
  } catch (error) {
    if (!gone.signal.aborted) answerError(lastResponse(request, socket), error);
  }
}

/** An answer that changes to a protocol that nobody asked for: what would follow it is no HTTP. */
function unasked({ socket }: NonNullable<Answer['upgraded']>): ThemisError {
  socket.destroy();
  return new ThemisError('THEMIS_CONNECTION_LOST', 'the answer changed to a protocol that nobody asked for');
}

function headOf(
  request: IncomingMessage,
  { path, host, identity, isStranger }: Onward,
  added: Fields,
): Pick<OnwardRequest, 'method' | 'path' | 'fields'> {
  const kept = withoutIdentity(endToEnd(request.rawHeaders), isStranger);
  const fields = host === undefined ? kept : replaceHost(kept, host);
  const isChunked = added.includes('transfer-encoding');
  // Of the framing only what the parser made of it is passed on; trailers are announced where they can come.
  return {
    method: request.method ?? 'GET',
    path,
    fields: [
      ...filterFields(fields, (name) => name !== 'content-length' && (isChunked || name !== 'trailer')),
      ...added,
      ...identity,
    ],
  };
}

function replaceHost(fields: Fields, host: string): string[] {
  return ['host', host, ...filterFields(fields, (name) => name !== 'host')];
}

/** Trailers are passed on, so the wish for them is ours to pass on too (RFC 9110 section 10.1.4). */
function asksForTrailers({ rawHeaders }: IncomingMessage): Fields {
  return listOf(rawHeaders, 'te').includes('trailers') ? ['te', 'trailers', 'connection', 'te'] : [];
}

/** A response on a connection that Node's server has let go of, and that ends with it. */
export function lastResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node's types ask for a net.Socket; a response uses it as a Duplex.
  response.assignSocket(socket as Socket);
  response.once('finish', () => {
    socket.end();
  });
  return response;
}

function join(message: AnswerMessage, upgraded: NonNullable<Answer['upgraded']>, socket: Duplex, head: Buffer): void {
  const status = message.statusCode ?? 101;
  const fields = [...answerFields(message.rawHeaders), ...TO_WEBSOCKET];
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  for (const { spelling, value } of fieldsOf(fields)) lines.push(`${spelling}: ${value}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  socket.write(upgraded.head);
  upgraded.socket.write(head);
  void splice(socket, upgraded.socket);
}
