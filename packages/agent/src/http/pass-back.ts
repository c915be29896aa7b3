import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { AnswerMessage } from '@themis-mesh/mesh';
import { endToEnd } from './end-to-end.ts';
import { filterFields, type Fields } from './fields.ts';
import { isIdentityField, isTrafficField } from './identity-fields.ts';
import { linksOf } from './links.ts';
import { trailersToPass } from './trailers.ts';
import type { Information } from './upstream.ts';

/** Passes an answer back to the caller as it comes. An answer that breaks off breaks off at the caller's too. */
export function passBack(message: AnswerMessage, response: ServerResponse): void {
  // An answer to a request that is not all there yet: its rest is not waited for.
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.writeHead(message.statusCode ?? 502, message.statusMessage ?? '', answerFields(message.rawHeaders));
  // Before the pipe, which ends the response at the same event.
  message.once('end', () => {
    const trailers = trailersToPass(message);
    if (trailers.length > 0) response.addTrailers(trailers);
  });
  pipeline(message, response, () => undefined);
  // Node keeps the head until there is something behind it, which may be long in coming: a stream of events, for one.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
}

/** Passes an interim answer back, where the caller understands such (RFC 9110 section 15.2). */
export function passInformation({ status, fields }: Information, response: ServerResponse): void {
  if (response.headersSent || response.req.httpVersion === '1.0') return;
  if (status === 100) response.writeContinue();
  if (status === 102) response.writeProcessing();
  if (status === 103) response.writeEarlyHints({ link: linksOf(fields) });
}

export function answerFields(fields: Fields): string[] {
  return filterFields(endToEnd(fields), (name) => !isIdentityField(name) || isTrafficField(name));
}
