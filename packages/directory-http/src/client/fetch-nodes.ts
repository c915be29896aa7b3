import { ThemisError } from '@themis-mesh/core';
import type { AskOptions, NodeAnswer, NodeTransport } from './node-transport.ts';

/**
 * Nodes by URL, asked by the global `fetch`: for functions, which have only that. Who answers is not proved beyond what HTTPS
 * proves of a name, which costs privacy, not truth: every record is verified.
 */
export class FetchNodes implements NodeTransport {
  async ask(node: string, path: string, body: Uint8Array, { signal, mostBytes }: AskOptions): Promise<NodeAnswer> {
    try {
      const response = await fetch(new URL(`.${path}`, base(node)), {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: new Uint8Array(body),
        // A node answers itself: whoever sends elsewhere is none.
        redirect: 'error',
        signal,
      });
      return { status: response.status, body: await collect(response, mostBytes) };
    } catch (error) {
      if (ThemisError.is(error)) throw error;
      throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${node}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Whether a node is named by a URL. */
export function isNodeUrl(node: string): boolean {
  const url = URL.canParse(node) ? new URL(node) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

function base(node: string): string {
  return node.endsWith('/') ? node : `${node}/`;
}

async function collect({ body }: Response, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > mostBytes) throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'what was thrown is no error';
  // `fetch` says why in the cause only.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
