import type { MessageHandler, MessageParser } from '../../src/http1/message-parser.ts';
import type { Framing } from '../../src/http1/framing.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import type { RequestForms, RequestHead } from '../../src/http1/request-head.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import type { Asked, ResponseHead } from '../../src/http1/response-head.ts';

/** What a parser told of one message. */
export interface Told<Head> {
  readonly head: Head;
  body: string;
  trailers: readonly string[];
  isEnded: boolean;
}

/** What a parser told of all that was pushed. */
export interface Transcript<Head> {
  readonly messages: readonly Told<Head>[];
  /** The code of the fault that it ended with. */
  readonly fault: string | undefined;
  /** What is behind the head of a tunnel. */
  readonly rest: string;
}

export function readRequests(pieces: readonly Buffer[], forms: RequestForms = 'origin'): Transcript<RequestHead> {
  return read(pieces, (handler) => new RequestParser(handler, forms));
}

export function readResponses(pieces: readonly Buffer[], asked: readonly Asked[]): Transcript<ResponseHead> {
  return read(pieces, (handler) => {
    const parser = new ResponseParser(handler);
    for (const one of asked) parser.expect(one);
    return parser;
  });
}

/** The bytes of a text, one a sign, in pieces of the given lengths, again and again. */
export function slice(text: string, lengths: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const end = at + (lengths[index % lengths.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

function read<Head extends { readonly framing: Framing }>(
  pieces: readonly Buffer[],
  start: (handler: MessageHandler<Head>) => MessageParser<Head>,
): Transcript<Head> {
  const messages: Told<Head>[] = [];
  let fault: string | undefined;
  const check = (): void => {
    if (fault !== undefined) throw new Error('told of something behind a fault');
  };
  const parser = start({
    onHead: (head) => {
      check();
      const before = messages.at(-1);
      if (before !== undefined && !before.isEnded && before.head.framing !== 'interim')
        throw new Error('a head within a message');
      messages.push({ head, body: '', trailers: [], isEnded: false });
    },
    onBody: (bytes) => {
      check();
      const message = messages.at(-1);
      if (message === undefined || message.isEnded || bytes.length === 0) throw new Error('a body out of its place');
      message.body += bytes.toString('latin1');
    },
    onEnd: (trailers) => {
      check();
      const message = messages.at(-1);
      if (message === undefined || message.isEnded) throw new Error('an end out of its place');
      message.isEnded = true;
      message.trailers = trailers.fields;
    },
    onFault: (found) => {
      check();
      fault = found.code;
    },
  });
  for (const piece of pieces) parser.push(piece);
  const isTunnel = messages.at(-1)?.head.framing === 'tunnel';
  const rest = isTunnel ? parser.release().toString('latin1') : '';
  if (!isTunnel) parser.end();
  return { messages, fault, rest };
}
