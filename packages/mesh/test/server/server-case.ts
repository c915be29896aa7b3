import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { waitFor } from '@themis-mesh/testkit';
import type { Conversation } from './conversation.ts';

/** Something that a server of `node:http` does, seen from outside and from inside. */
export interface ServerCase {
  readonly name: string;
  readonly options?: ServerOptions;
  readonly listener?: RequestListener;
  readonly prepare?: (server: Server, log: Log) => void;
  readonly play: (talk: Conversation, server: Server, log: Log) => Promise<unknown>;
}

/** What happened inside, in order. */
export class Log {
  readonly notes: string[] = [];

  note(what: string): void {
    this.notes.push(what);
  }

  async noted(what: string): Promise<void> {
    await waitFor(() => this.notes.some((note) => note.startsWith(what)), what);
  }
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
export function closed(server: Server, log: Log): Promise<void> {
  return new Promise((resolve) => {
    server.close((error) => {
      log.note(`closed${error === undefined ? '' : `: ${error.message}`}`);
      resolve();
    });
  });
}
