import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { AnswerMessage } from '@themis-mesh/mesh';
import { endToEnd } from './end-to-end.ts';
import { filterFields, valuesOf, type Fields } from './fields.ts';
import { isIdentityField } from './identity-fields.ts';
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
}

/** Passes an interim answer back, where the caller understands such (RFC 9110 section 15.2). */
export function passInformation({ status, fields }: Information, response: ServerResponse): void {
  if (response.headersSent || response.req.httpVersion === '1.0') return;
  if (status === 100) response.writeContinue();
  if (status === 102) response.writeProcessing();
  if (status === 103) response.writeEarlyHints(linksOf(fields));
}

export function answerFields(fields: Fields): string[] {
  return filterFields(endToEnd(fields), (name) => !isIdentityField(name));
}

/**
 * Of early hints only links are passed on (RFC 8297): what else came would be believed before the answer says so. Node throws
 * for a link of a form that it does not know, and takes long to find that out; so what it is given is of this form.
 */
function linksOf(fields: Fields): { link: string[] } {
  const links = valuesOf(fields, 'link').flatMap((value) => value.split(/,[ \t]*(?=<)/));
  return { link: links.filter((link) => LINK.test(link)) };
}

/** A link and its parameters (RFC 8288 section 3), where no quoted value has a space, a semicolon or an equals sign in it. */
const LINK = /^<[^>]*>(?:[ \t]*;[ \t]*[^;="\s]+(?:=(?:"[^;="\s]*"|[^;="\s]*))?)*$/;
