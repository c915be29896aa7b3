import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Conversation } from './conversation.ts';

/** Something that a server of `node:http` does, seen from outside and from inside. */
export interface ServerCase {
  readonly name: string;
  readonly options?: ServerOptions;
  readonly listener?: RequestListener;
  readonly prepare?: (server: Server, note: (what: string) => void) => void;
  readonly play: (talk: Conversation, server: Server, note: (what: string) => void) => Promise<unknown>;
}

/** Says something, and waits for an answer to it. */
export async function ask(talk: Conversation, bytes: string, answer: RegExp, times = 1): Promise<void> {
  talk.say(bytes);
  await talk.hear(answer, times);
}

/** Says what it was asked, when it was asked all. */
export function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('error', () => undefined);
  request.on('end', () => {
    const { method, url, rawTrailers } = request;
    response.end(`${method} ${Buffer.concat(chunks).toString()} ${url} ${rawTrailers.join()}`);
  });
}

/** Closes a server, and notes how that ended. */
export function closed(server: Server, note: (what: string) => void): Promise<void> {
  return new Promise((resolve) => {
    server.close((error) => {
      note(`closed${error === undefined ? '' : `: ${error.message}`}`);
      resolve();
    });
  });
}

/** Lets a case hear its own notes. */
export function notesOf(note: (what: string) => void, listener: (what: string) => void): void {
  (note as unknown as { heard?: (what: string) => void }).heard = listener;
}
