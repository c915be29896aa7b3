import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Peer } from '@themis-mesh/core';
import type { ServerGround } from '../http/server/mesh-server.ts';
import { isGrpc } from '../http/grpc-status.ts';
import { refusedAnswer } from '../http/server/refused-answer.ts';
import { logDecision } from '../observe/log-decision.ts';
import { logStream } from '../observe/log-stream.ts';
import type { RequestDeadline } from '../traffic/request-deadline.ts';
import { answerInGrpc } from './grpc-answer.ts';
import { hasOneMeaning } from './stream-head.ts';

/** A request as Node tells of it. */
export interface IncomingStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: string[];
}

/** A request that may be served. */
export interface Admitted {
  /** Until when its caller waits, where it says so. */
  readonly deadline: RequestDeadline | undefined;
}

/**
 * Asks the policies, and whether there is room, and gives the request the one path that was judged.
 *
 * @param port listened on
 * @returns undefined for a request that is refused: it was answered
 */
export function admitStream(
  ground: ServerGround,
  peer: Peer,
  { stream, headers, rawHeaders }: IncomingStream,
  port: number | undefined,
): Admitted | undefined {
  const open = logStream(ground.requests, peer, stream, headers);
  if (!hasOneMeaning(headers)) {
    open.refusal = 'THEMIS_REQUEST_REFUSED';
    answer(stream, { status: 400, body: '' });
    return undefined;
  }
  const { ':method': method = '', ':path': target = headers[':authority'] ?? '' } = headers;
  const fields = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.startsWith(':') === false);
  const { decision, path } = ground.judge(peer, { method, path: target, headers: fields, port: ground.port ?? port });
  logDecision(open, decision);
  const refused = decision.allowed ? ground.doorkeeper.letInStream({ fields }, peer, open) : refusedAnswer(decision);
  if (refused !== undefined && 'status' in refused) {
    if (isGrpc(headers['content-type'])) answerInGrpc(stream, refused.status, open.refusal);
    else answer(stream, method === 'HEAD' ? { ...refused, body: '' } : refused);
    return undefined;
  }
  if (headers[':path'] !== undefined && path !== target) setPath(headers, rawHeaders, path);
  return { deadline: refused };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Names and values in turn. */
  readonly fields?: readonly string[];
}

function answer(stream: ServerHttp2Stream, { status, body, fields = ['content-type', 'application/json'] }: Answer): void {
  stream.on('error', () => undefined);
  // What the caller still sends is thrown away, so that the stream can end.
  stream.resume();
  const head: OutgoingHttpHeaders = { ':status': status };
  for (let index = 0; body !== '' && index + 1 < fields.length; index += 2) head[fields[index] ?? ''] = fields[index + 1];
  stream.respond(head);
  stream.end(body);
}

function setPath(headers: IncomingHttpHeaders, rawHeaders: string[], path: string): void {
  headers[':path'] = path;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name === ':path');
  if (at >= 0) rawHeaders[at + 1] = path;
}
