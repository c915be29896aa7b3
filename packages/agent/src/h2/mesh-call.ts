import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import {
  answerInGrpc,
  connectSomewhere,
  DEADLINE_FIELD,
  httpStatusOfGrpc,
  isGrpc,
  noteGrpcStatus,
  parseGrpcStatus,
  RETRY_FIELD,
  type GuidedCall,
  type GuidedTry,
  type MeshChannels,
} from '@themis-mesh/mesh';
import { errorAnswer } from '../http/error-response.ts';
import { requestFields } from './fields.ts';
import type { MeshSession, MeshSessions } from './mesh-sessions.ts';
import { passAnswer, passRequest, trailersOf } from './relay.ts';

/** RFC 9113 section 7. */
const REFUSED_STREAM = 0x7;
const CANCEL = 0x8;

export interface MeshCallOptions {
  readonly service: TargetName;
  readonly channels: MeshChannels;
  readonly sessions: MeshSessions;
}

/** Passes one stream of a plain caller on to whichever instance of a service the rules and the balancing choose. */
export async function relayToMesh(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { service, channels, sessions }: MeshCallOptions,
): Promise<void> {
  stream.on('error', () => undefined);
  const trailers = trailersOf(stream);
  const isCall = isGrpc(headers['content-type']);
  const { ':method': method = '', ':path': path = '' } = headers;
  const call = channels.guide.begin(service, {
    ...{ protocol: isCall ? 'grpc' : 'h2', method, path },
    headers: fieldsOf(headers),
  });
  const until = call.left === undefined ? undefined : performance.now() + call.left;
  const timer = endAt(stream, headers, call);
  stream.once('close', () => {
    clearTimeout(timer);
    if (call.open.status === 0) call.open.refusal ??= 'THEMIS_ABORTED';
    call.over();
  });
  try {
    await call.ready();
    if (call.injected !== undefined) {
      refuse(stream, headers, call, { status: call.injected, code: 'THEMIS_FAULT_INJECTED' });
      return;
    }
    const connect = (target: Parameters<MeshSessions['to']>[1]): Promise<MeshSession> => sessions.to(call.service, target);
    const { connection, begun } = await connectSomewhere(call, channels, 'themis-h2/1', connect);
    if (stream.destroyed) begun.over('none');
    else pass(stream, headers, { call, begun, session: connection, until, trailers });
  } catch (error) {
    const { status, body } = errorAnswer(error);
    refuse(stream, headers, call, { status, code: ThemisError.is(error) ? error.code : 'THEMIS_CONNECTION_LOST', body });
  }
}

interface Passing {
  readonly call: GuidedCall;
  readonly begun: GuidedTry;
  readonly session: MeshSession;
  /** When nobody waits any more. Milliseconds, as `performance.now()` tells them. */
  readonly until: number | undefined;
  readonly trailers: () => IncomingHttpHeaders;
}

function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, { call, begun, session, until, trailers }: Passing): void {
  const breaking = new AbortController();
  const options = { endStream: stream.endAfterHeaders, waitForTrailers: !stream.endAfterHeaders, signal: breaking.signal };
  const asked = session.request(onwardFields(headers, until), options);
  stream.once('close', () => {
    breaking.abort();
  });
  noteAnswer(asked, call, begun);
  passRequest(stream, asked, trailers);
  passAnswer(stream, asked);
  asked.on('error', () => undefined);
  asked.once('close', () => {
    begun.over(stream.destroyed ? 'none' : 'failed');
    if (stream.destroyed || stream.writableEnded) return;
    if (stream.headersSent) stream.destroy(new ThemisError('THEMIS_CONNECTION_LOST', 'in the middle of an answer'));
    // Nothing of it was processed, which clients that know that make it again for.
    else if (asked.rstCode === REFUSED_STREAM) stream.close(REFUSED_STREAM);
    else refuse(stream, headers, call, { status: 502, code: 'THEMIS_CONNECTION_LOST' });
  });
}

/** Notes what is answered, for the log and for the next calls. */
function noteAnswer(asked: ClientHttp2Stream, { open }: GuidedCall, begun: GuidedTry): void {
  const note = (fields: IncomingHttpHeaders): void => {
    const code = parseGrpcStatus(fields['grpc-status']);
    if (code === undefined) return;
    noteGrpcStatus(open, code);
    begun.answered(httpStatusOfGrpc(code) >= 500 ? 'failed' : 'well');
  };
  asked.once('response', (fields: IncomingHttpHeaders) => {
    open.status = Number(fields[':status'] ?? 0);
    note(fields);
    begun.answered(open.status >= 500 ? 'failed' : 'well');
  });
  asked.once('trailers', note);
}

/** What is left of the time is said anew; what is for the mesh alone is not sent on. */
function onwardFields(headers: IncomingHttpHeaders, until: number | undefined): OutgoingHttpHeaders {
  const { [RETRY_FIELD]: _retry, [DEADLINE_FIELD]: _deadline, ...fields } = requestFields(headers, []);
  if (until === undefined) return fields;
  return { ...fields, [DEADLINE_FIELD]: String(Math.max(1, Math.floor(until - performance.now()))) };
}

function endAt(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, call: GuidedCall): NodeJS.Timeout | undefined {
  if (call.left === undefined) return undefined;
  return setTimeout(() => {
    if (stream.headersSent) stream.close(CANCEL);
    else refuse(stream, headers, call, { status: 504, code: 'THEMIS_DEADLINE_PASSED' });
  }, call.left);
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly body?: string;
}

/** Tells the caller why there is no answer: in the words of gRPC where it speaks that. */
function refuse(
  stream: ServerHttp2Stream,
  { 'content-type': type }: IncomingHttpHeaders,
  { open }: GuidedCall,
  { status, code, body = `${JSON.stringify({ error: code })}\n` }: Refused,
): void {
  if (stream.destroyed || stream.headersSent) return;
  open.status = status;
  open.refusal ??= code;
  if (isGrpc(type)) {
    answerInGrpc(stream, status, code);
    return;
  }
  stream.resume();
  stream.respond({ ':status': status, 'content-type': 'application/json', 'x-themis-error': code });
  stream.end(body);
}

/** Without those that begin with a colon. */
function fieldsOf(headers: IncomingHttpHeaders): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name.startsWith(':') || value === undefined) return [];
    return Array.isArray(value) ? value.flatMap((one) => [name, one]) : [name, String(value)];
  });
}
