import type { SignedRecord } from '@themis-mesh/core';
import type { AskOptions, NodeAnswer, NodeTransport } from '@themis-mesh/directory-http';
import { createDirectoryHandler } from '@themis-mesh/directory-http';
import { SOLE, type Directory } from '@themis-mesh/directory';
import { OPEN } from './http-nodes.ts';

type Says = (path: string, body: Uint8Array, options: AskOptions) => Promise<NodeAnswer> | NodeAnswer;

/** Nodes in this process that say what a test has them say. */
export class SaidNodes implements NodeTransport {
  readonly #nodes = new Map<string, Says>();
  /** Which nodes were asked, in order. */
  readonly asked: string[] = [];

  set(node: string, says: Says): this {
    this.#nodes.set(node, says);
    return this;
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  async ask(node: string, path: string, body: Uint8Array, options: AskOptions): Promise<NodeAnswer> {
    this.asked.push(node);
    const says = this.#nodes.get(node);
    if (says === undefined) throw new TypeError(`no node ${node}`);
    return says(path, body, options);
  }
}

/** A node that serves a directory honestly. */
export function honest(directory: Directory): Says {
  const handler = createDirectoryHandler(directory, OPEN);
  return async (path, body, { signal }) => {
    const request = new Request(`http://node${path}`, { method: 'POST', body: Uint8Array.from(body), signal });
    const response = await handler(request);
    return { status: response.status, body: await response.bytes() };
  };
}

/** A node that takes every question, and answers none. */
export const hangs: Says = (_path, _body, { signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('given up')), { once: true }));

export function says(json: unknown, status = 200): Says {
  return () => ({ status, body: Buffer.from(JSON.stringify(json)) });
}

/** A directory that gives these records to whoever asks, whatever for. */
export function liar(...records: readonly SignedRecord[]): Directory {
  const [first] = records;
  return {
    store: async () => ({ outcome: 'stored', sample: SOLE }),
    find: async (key) => {
      const own = records.find((record) => record.key.kind === key.kind) ?? first;
      return own === undefined ? { outcome: 'not-found', sample: SOLE } : { outcome: 'found', record: own, age: 0, sample: SOLE };
    },
    instances: async () => {
      const instances = records.filter(({ key }) => key.kind === 'instance');
      return { outcome: 'found', records: instances, complete: true, age: 0, sample: SOLE };
    },
    async *watch() {
      yield* records;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
