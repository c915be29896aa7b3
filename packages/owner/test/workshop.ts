import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ThemisError, type ErrorCode, type RefusalCode, type ServiceName } from '@themis-mesh/core';
import { Home, parseServiceName } from '@themis-mesh/storage';
import { initApp, openHomeDirectory, type FoundedApp, type Workplace } from '../src/index.ts';

/** When the tests begin. Seconds since 1970. */
export const NOW = 1_790_000_000;

export const ORDERS: ServiceName = parseServiceName('orders');
export const PAYMENTS: ServiceName = parseServiceName('payments');

/** A folder for one test, gone afterwards. */
export async function scratchFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'themis-owner-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A new app in a home of its own, and the place where its owner works. */
export async function makeApp(t: TestContext): Promise<Workplace & { readonly founded: FoundedApp }> {
  const home = Home.at(join(await scratchFolder(t), 'owner'));
  const founded = await initApp({ home, now: NOW });
  return { ...(await openPlace(home)), founded };
}

/** A place in a home that is there. */
export async function openPlace(home: Home, now: number = NOW): Promise<Workplace> {
  const { anchor } = await home.app();
  return { home, directory: openHomeDirectory(home, anchor.app, () => now), now };
}

/** The same place at another time. */
export async function later(place: Workplace, seconds: number): Promise<Workplace> {
  return openPlace(place.home, place.now + seconds);
}

/** For `assert.rejects`: an error of that code, and for that reason where one is given. */
export function failsWith(code: ErrorCode, refusal?: RefusalCode): (error: unknown) => boolean {
  return (error) => {
    if (!ThemisError.is(error, code)) throw error;
    if (refusal !== undefined && error.refusal?.code !== refusal) throw error;
    return true;
  };
}
