import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdentityId, SignedRecord } from '@themis-mesh/core';
import { addServices, initApp, openHomeDirectory, setNodes, type Workplace } from '@themis-mesh/owner';
import { Home, parseServiceName } from '@themis-mesh/storage';

/** How many nodes each member of a drill may run. */
const NODES_EACH = 16;

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A home in a temporary folder, with members that run nodes, and others. */
export class KadGround implements AsyncDisposable {
  readonly place: Workplace;
  readonly app: IdentityId;
  readonly #ids: ReadonlyMap<string, IdentityId>;
  readonly #folder: string;

  private constructor(folder: string, place: Workplace, app: IdentityId, ids: ReadonlyMap<string, IdentityId>) {
    this.#folder = folder;
    this.place = place;
    this.app = app;
    this.#ids = ids;
  }

  /** @param hosts members `host-1`, `host-2` and so on, of which each may run {@link NODES_EACH} nodes. @param others services */
  static async lay(hosts: number, others: readonly string[]): Promise<KadGround> {
    const folder = await mkdtemp(join(tmpdir(), 'themis-kad-'));
    const home = Home.at(join(folder, 'home'));
    const now = nowSeconds();
    await initApp({ home, now });
    const { anchor } = await home.app();
    const place = { home, directory: openHomeDirectory(home, anchor.app, nowSeconds), now };
    const names = Array.from({ length: hosts }, (_, index) => parseServiceName(hostName(index)));
    const added = await addServices(place, [...names, ...others.map(parseServiceName)]);
    for (const name of names) await setNodes(place, name, NODES_EACH);
    return new KadGround(folder, place, anchor.app, new Map(added.map(({ member }) => [member.name, member.id])));
  }

  get root(): string {
    return this.place.home.root;
  }

  /** @throws TypeError where the ground was laid without it */
  id(name: string): IdentityId {
    const id = this.#ids.get(name);
    if (id === undefined) throw new TypeError(`there is no ${name}`);
    return id;
  }

  /** What the owner's machine has published: each lies at a place of its own. */
  async histories(): Promise<readonly SignedRecord[]> {
    const ids = [this.app, ...this.#ids.values()];
    const answers = await Promise.all(ids.map((id) => this.place.directory.find({ kind: 'history', id })));
    return answers.flatMap((answer) => (answer.outcome === 'found' ? [answer.record] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @param index from 0 on */
export function hostName(index: number): string {
  return `host-${index + 1}`;
}
