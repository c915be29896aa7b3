import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Themis } from './command-line.ts';

/** Two homes, for as long as the run lasts: of the shop, and of a stranger who has an app of his own. */
export interface Homes extends AsyncDisposable {
  readonly folder: string;
  readonly shop: string;
  readonly stranger: string;
}

/** In the system's folder for temporary files. */
export async function makeHomes(): Promise<Homes> {
  const folder = await mkdtemp(join(tmpdir(), 'themis-shop-'));
  return {
    folder,
    shop: join(folder, 'home'),
    stranger: join(folder, 'stranger'),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Founds the shop's app and adds its services, by the command line. */
export async function foundShop(themis: Themis, home: string, services: readonly string[]): Promise<void> {
  await themis(home, 'init', '--name', 'shop');
  await Promise.all(services.map((name) => themis(home, 'add', name)));
}

/** An app of somebody else, with a service that bears the name of one of the shop's. */
export async function foundStranger(themis: Themis, home: string, name: string): Promise<void> {
  await themis(home, 'init', '--name', 'stranger');
  await themis(home, 'add', name);
}
