import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceName } from '@themis-mesh/core';
import { openFileDirectory, openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { addService, initApp } from '@themis-mesh/owner';
import { Home } from '@themis-mesh/storage';

/** A home with an app and some services, for as long as a benchmark runs. */
export interface Ground extends AsyncDisposable {
  readonly root: string;
}

export async function layGround(...names: readonly string[]): Promise<Ground> {
  const root = await mkdtemp(join(tmpdir(), 'themis-bench-'));
  const home = Home.at(root);
  const now = Math.floor(Date.now() / 1000);
  await initApp({ home, directory: nowhere, now });
  const { anchor } = await home.app();
  const directory = openFileDirectory({ folder: home.directory, alarms: home.alarms, app: anchor.app });
  for (const name of names) {
    const parsed = ServiceName.parse(name);
    if (parsed !== undefined) await addService({ home, directory, now }, parsed);
  }
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

/** The app's first charter is published again with its first service. */
const nowhere: Directory = {
  store: (record) => openMemoryDirectory({ app: record.key.id }).store(record),
  find: () => Promise.resolve({ outcome: 'not-found', sample: { answered: 1, of: 1 } }),
  instances: () => Promise.reject(new TypeError('nobody looks here')),
  watch: () => {
    throw new TypeError('nobody looks here');
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
