import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder of a test's own (mode 0700), removed after it. */
export async function scratchFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'themis-storage-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The cheapest seal that a reader takes, so that tests do not spend their time on argon2. */
export const CHEAP = { memory: 128, passes: 1, parallelism: 1 };

/** Seconds since 1970, in 2026. */
export const NOW = 1_790_000_000;
