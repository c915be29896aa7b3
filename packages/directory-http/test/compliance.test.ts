import type { TestContext } from 'node:test';
import { openFileDirectory, openMemoryDirectory, type Directory, type EmbeddedOptions } from '@themis-mesh/directory';
import { HttpDirectory } from '@themis-mesh/directory-http';
import { testDirectory, type OpenDirectory } from '@themis-mesh/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveDirectory } from './http-nodes.ts';

/** A client without a cache: what it answers is what a node has now, which is the contract. */
function over(
  nodes: (t: TestContext, options: EmbeddedOptions) => Promise<readonly string[]>,
): (t: TestContext) => Promise<OpenDirectory> {
  return async (t) => {
    let urls: Promise<readonly string[]> | undefined;
    return async (options) => {
      urls ??= nodes(t, options);
      const { app, now } = options;
      return new HttpDirectory({ nodes: await urls, app, ...(now === undefined ? {} : { now }), freshMs: 0, staleMs: 0 });
    };
  };
}

function closing(t: TestContext, directory: Directory): Directory {
  t.after(() => directory[Symbol.asyncDispose]());
  return directory;
}

testDirectory(
  'http over memory',
  over(async (t, options) => [await serveDirectory(t, closing(t, openMemoryDirectory(options)))]),
);

testDirectory(
  'http over files, three nodes',
  over(async (t, options) => {
    const folder = await mkdtemp(join(tmpdir(), 'themis-directory-http-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const open = (): Directory =>
      closing(t, openFileDirectory({ ...options, folder: join(folder, 'directory'), alarms: join(folder, 'alarms') }));
    return Promise.all([1, 2, 3].map(() => serveDirectory(t, open())));
  }),
);
