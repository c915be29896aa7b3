import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { ThemisError } from '@themis-mesh/core';
import { answerInGrpc, isGrpc } from '@themis-mesh/mesh';
import type { Fields } from '../http/fields.ts';
import type { AppSession } from './app-session.ts';
import { answerFields, plainFields, requestFields } from './fields.ts';

/** RFC 9113 section 7. */
const NO_ERROR = 0x0;

export interface RelayOptions {
  readonly app: AppSession;
  /** What the app is told of the caller. */
  readonly identity: Fields;
  /** Hears why the app could not be asked. */
  readonly onFailure: (error: unknown) => void;
}

/** Passes one stream on to the app, and what it answers back: heads, bodies, trailers, and that either side breaks off. */
export function relayStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: RelayOptions): void {
  stream.on('error', () => undefined);
  const breaking = new AbortController();
  const asked = ask(stream, headers, options, breaking.signal);
  if (asked === undefined) return;
  passRequest(stream, asked);
  passAnswer(stream, asked);
  asked.on('error', (error) => {
    if (!stream.headersSent && !breaking.signal.aborted) options.onFailure(error);
  });
  asked.once('close', () => {
    if (stream.destroyed || stream.writableEnded) return;
    if (stream.headersSent) stream.destroy(new ThemisError('THEMIS_APP_BROKE_OFF', 'in the middle of its answer'));
    else refuse(stream, headers);
  });
  stream.once('close', () => {
    breaking.abort();
  });
}

/**
 * @param signal resets the stream with CANCEL. `close` would not: it ends the body first, and what was broken off would be taken
 * for whole (Node 24 and 26)
 * @returns undefined where the app cannot be asked: the caller was told so
 */
function ask(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { app, identity, onFailure }: RelayOptions,
  signal: AbortSignal,
): ClientHttp2Stream | undefined {
  try {
    const options = { endStream: stream.endAfterHeaders, waitForTrailers: !stream.endAfterHeaders, signal };
    return app.current.request(requestFields(headers, identity), options);
  } catch (error) {
    onFailure(error);
    refuse(stream, headers);
    return undefined;
  }
}

/** Hears of a caller's trailers, whether anybody reads its body yet or not. @returns what came of them so far */
export function trailersOf(stream: ServerHttp2Stream): () => IncomingHttpHeaders {
  let trailers: IncomingHttpHeaders = {};
  stream.once('trailers', (fields: IncomingHttpHeaders) => (trailers = fields));
  return () => trailers;
}

/** Passes on what the caller sends. */
export function passRequest(
  stream: ServerHttp2Stream,
  asked: ClientHttp2Stream,
  trailers: () => IncomingHttpHeaders = trailersOf(stream),
): void {
  if (stream.endAfterHeaders) return;
  asked.once('wantTrailers', () => {
    asked.sendTrailers(plainFields(trailers()));
  });
  passBody(stream, asked);
}

/** Passes back what is answered. */
export function passAnswer(stream: ServerHttp2Stream, asked: ClientHttp2Stream): void {
  asked.on('headers', (fields: IncomingHttpHeaders) => {
    if (!stream.headersSent && !stream.destroyed) stream.additionalHeaders(answerFields(fields));
  });
  asked.once('response', (fields: IncomingHttpHeaders, flags: number) => {
    if (stream.destroyed) return;
    const isWhole = (flags & END_STREAM) !== 0;
    stream.respond(answerFields(fields), { endStream: isWhole, waitForTrailers: !isWhole });
    if (!isWhole) passBody(asked, stream);
  });
  let trailers: IncomingHttpHeaders = {};
  asked.once('trailers', (fields: IncomingHttpHeaders) => (trailers = fields));
  stream.once('wantTrailers', () => {
    stream.sendTrailers(plainFields(trailers));
  });
}

const END_STREAM = 0x1;

/** A stream that was reset ends as one that is whole does, so that a pipe would make a whole body of a part. */
function passBody(from: ServerHttp2Stream | ClientHttp2Stream, to: ServerHttp2Stream | ClientHttp2Stream): void {
  from.pipe(to, { end: false });
  from.once('end', () => {
    if (!from.aborted && (from.rstCode ?? NO_ERROR) === NO_ERROR) to.end();
  });
}

/** Tells a caller that the app was not reached: in the words of gRPC where it speaks that. */
function refuse(stream: ServerHttp2Stream, { 'content-type': type }: IncomingHttpHeaders): void {
  if (stream.destroyed || stream.headersSent) return;
  if (isGrpc(type)) {
    answerInGrpc(stream, 503, NOT_READY);
    return;
  }
  stream.resume();
  stream.respond({ ':status': 503, 'content-type': 'application/json' });
  stream.end(`${JSON.stringify({ error: NOT_READY })}\n`);
}

const NOT_READY = 'THEMIS_NOT_READY';
