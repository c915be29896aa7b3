import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addServices, initApp, openHomeDirectory } from '@themis-mesh/owner';
import { Home, parseServiceName } from '@themis-mesh/storage';

/** A home with an app and some services, for as long as a benchmark runs. */
export interface Ground extends AsyncDisposable {
  readonly root: string;
}

export async function layGround(...names: readonly string[]): Promise<Ground> {
  const root = await mkdtemp(join(tmpdir(), 'themis-bench-'));
  const home = Home.at(root);
  const now = Math.floor(Date.now() / 1000);
  await initApp({ home, now });
  const { anchor } = await home.app();
  await using directory = openHomeDirectory(home, anchor.app, () => now);
  await addServices({ home, directory, now }, names.map(parseServiceName));
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}
