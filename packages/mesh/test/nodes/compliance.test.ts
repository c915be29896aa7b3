import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { HttpDirectory, type NodeTransport } from '@themis-mesh/directory-http';
import type { EmbeddedOptions } from '@themis-mesh/directory';
import { setNodes } from '@themis-mesh/owner';
import type { ForkKind } from '@themis-mesh/storage';
import { Script, testDirectory, waitFor } from '@themis-mesh/testkit';
import { IdentityId } from '@themis-mesh/core';
import { systemClock } from '@themis-mesh/channel';
import type { Mesh } from '@themis-mesh/mesh';
import { expectNode } from '../../src/nodes/expect-node.ts';
import { NodeLinks } from '../../src/nodes/node-links.ts';
import { serviceName, TestHome } from '../test-home.ts';

/** A node in a process of its own, and a member that asks it over the channel. One for all tests of the file. */
class Bed {
  readonly #home: TestHome;
  readonly #script: Script;
  readonly mesh: Mesh;
  readonly links = new NodeLinks();
  readonly #node: string;
  #count = 0;
  #linesRead = 0;
  #told = -1;

  private constructor(home: TestHome, script: Script, mesh: Mesh, node: string) {
    this.#home = home;
    this.#script = script;
    this.mesh = mesh;
    this.#node = node;
    this.links.attach({ meet: (meeting) => mesh.channels.meet(meeting), expect: expectNode(mesh.trust), clock: systemClock });
  }

  static async make(): Promise<Bed> {
    const home = await TestHome.create('web', 'node');
    await home.asOwner((place) => setNodes(place, serviceName('node'), 1));
    const script = new Script(join(import.meta.dirname, 'node-process.ts'), [home.path, 'node']);
    const port = (await script.said('port ')).slice(5);
    return new Bed(home, script, await home.join('web'), `127.0.0.1:${port}`);
  }

  async end(): Promise<void> {
    this.links[Symbol.dispose]();
    await this.#script[Symbol.asyncDispose]();
    await this.#home[Symbol.asyncDispose]();
  }

  /** An empty directory at the node. */
  async open({ app, maxInstances, now = () => 0 }: EmbeddedOptions): Promise<void> {
    await this.#do('open', JSON.stringify({ app, maxInstances }));
    await this.#setTime(now());
  }

  /** The node's clock is that of the test, and what it says of forks is here before its answer is. */
  client({ app, now = () => 0, onFork = () => undefined }: EmbeddedOptions): HttpDirectory {
    const transport: NodeTransport = {
      ask: async (node, path, body, options) => {
        await this.#setTime(now());
        const answer = await this.links.ask(node, path, body, options);
        if (path.endsWith('store')) for (const fork of await this.#forks()) await onFork(fork);
        return answer;
      },
    };
    return new HttpDirectory({ nodes: [this.#node], transport, app, now, freshMs: 0, staleMs: 0 });
  }

  async #setTime(now: number): Promise<void> {
    if (this.#told === now) return;
    this.#told = now;
    await this.#do('now', String(now));
  }

  async #do(what: string, rest: string): Promise<void> {
    this.#count += 1;
    this.#script.say(`${what} ${this.#count} ${rest}`);
    const did = `did ${this.#count}`;
    await waitFor(() => this.#script.lines.includes(did), 'the node to do it');
  }

  async #forks(): Promise<readonly Parameters<NonNullable<EmbeddedOptions['onFork']>>[0][]> {
    await this.#do('sync', '');
    const lines = this.#script.lines.slice(this.#linesRead);
    this.#linesRead = this.#script.lines.length;
    return lines.filter((line) => line.startsWith('fork ')).map((line) => forkOf(line.slice(5)));
  }
}

function forkOf(text: string): Parameters<NonNullable<EmbeddedOptions['onFork']>>[0] {
  const { kind, id, first, other } = JSON.parse(text) as { kind: ForkKind; id: string; first: string; other: string };
  const identity = IdentityId.parse(id);
  if (identity === undefined) throw new TypeError(id);
  return { kind, id: identity, first: Buffer.from(first, 'base64url'), other: Buffer.from(other, 'base64url') };
}

let bed: Promise<Bed> | undefined;

testDirectory('http over a channel, the node in another process', async (_t: TestContext) => {
  let opened: Promise<void> | undefined;
  return async (options) => {
    const made = await (bed ??= Bed.make());
    await (opened ??= made.open(options));
    return made.client(options);
  };
});

test('the node and the member that asked it end', async () => {
  await (await bed)?.end();
});
