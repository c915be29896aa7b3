import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Peer } from '@themis-mesh/core';
import type { ServerGround } from '../http/mesh-server.ts';
import { refusedAnswer } from '../http/refused-answer.ts';
import { logDecision } from '../observe/log-decision.ts';
import { logStream } from '../observe/log-stream.ts';
import { hasOneMeaning } from './stream-head.ts';

/** A request as Node tells of it. */
export interface IncomingStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: string[];
}

/**
 * Asks the policies, and gives the request the one path that was judged.
 *
 * @param port listened on
 * @returns false for a request that is refused: it was answered
 */
export function admitStream(
  ground: ServerGround,
  peer: Peer,
  { stream, headers, rawHeaders }: IncomingStream,
  port: number | undefined,
): boolean {
  const open = logStream(ground.requests, peer, stream, headers);
  if (!hasOneMeaning(headers)) {
    open.refusal = 'THEMIS_REQUEST_REFUSED';
    answer(stream, 400, '');
    return false;
  }
  const { ':method': method = '', ':path': target = headers[':authority'] ?? '' } = headers;
  const fields = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.startsWith(':') === false);
  const { decision, path } = ground.judge(peer, { method, path: target, headers: fields, port: ground.port ?? port });
  logDecision(open, decision);
  if (!decision.allowed) {
    const { status, body } = refusedAnswer(decision);
    answer(stream, status, method === 'HEAD' ? '' : body);
    return false;
  }
  if (headers[':path'] !== undefined && path !== target) setPath(headers, rawHeaders, path);
  return true;
}

function answer(stream: ServerHttp2Stream, status: number, body: string): void {
  stream.on('error', () => undefined);
  // What the caller still sends is thrown away, so that the stream can end.
  stream.resume();
  stream.respond({ ':status': status, ...(body === '' ? {} : { 'content-type': 'application/json' }) });
  stream.end(body);
}

function setPath(headers: IncomingHttpHeaders, rawHeaders: string[], path: string): void {
  headers[':path'] = path;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name === ':path');
  if (at >= 0) rawHeaders[at + 1] = path;
}
