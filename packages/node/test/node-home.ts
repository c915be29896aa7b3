import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Address } from '@themis-mesh/core';
import { startNode, type DirectoryNode, type NodeOptions } from '@themis-mesh/node';
import { addService, initApp, openHomeDirectory, setNodes, type Workplace } from '@themis-mesh/owner';
import { Home, parseServiceName } from '@themis-mesh/storage';

/** A home with services, some of which may run nodes. */
export class NodeHome {
  readonly place: Workplace;
  readonly #t: TestContext;

  private constructor(t: TestContext, place: Workplace) {
    this.#t = t;
    this.place = place;
  }

  /** @param nodes how many of `node-1`, `node-2` and so on there are; each may run 4 nodes. @param services others */
  static async make(t: TestContext, nodes: number, ...services: readonly string[]): Promise<NodeHome> {
    const root = await mkdtemp(join(tmpdir(), 'themis-node-'));
    t.after(() => rm(root, { recursive: true, force: true }));
    const home = Home.at(join(root, 'home'));
    const now = Math.floor(Date.now() / 1000);
    await initApp({ home, now });
    const { anchor } = await home.app();
    const place = { home, directory: openHomeDirectory(home, anchor.app, () => Math.floor(Date.now() / 1000)), now };
    const names = Array.from({ length: nodes }, (_, index) => parseServiceName(`node-${index + 1}`));
    for (const name of [...names, ...services.map(parseServiceName)]) await addService(place, name);
    for (const name of names) await setNodes(place, name, 4);
    return new NodeHome(t, place);
  }

  get root(): string {
    return this.place.home.root;
  }

  /** Starts one node, which ends with the test. */
  async start(number: number, options: Partial<NodeOptions> = {}): Promise<DirectoryNode> {
    const node = await startNode({ service: `node-${number}`, home: this.root, port: 0, ...options });
    this.#t.after(() => node.close());
    return node;
  }

  /** Starts several that know of each other by the first. */
  async startAll(count: number): Promise<readonly DirectoryNode[]> {
    const first = await this.start(1);
    const others = [];
    for (let number = 2; number <= count; number += 1) others.push(await this.start(number, { bootstrap: [addressOf(first)] }));
    return [first, ...others];
  }
}

export function addressOf({ address }: DirectoryNode): Address {
  return { host: address.address, port: address.port };
}
