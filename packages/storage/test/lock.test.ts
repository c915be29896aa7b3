import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { ownMark, showMark, withLock } from '@themis-mesh/storage';
import { Script } from '@themis-mesh/testkit';
import { scratchFolder } from './scratch.ts';

const COUNT = join(import.meta.dirname, 'count-under-lock.ts');
const HOLD = join(import.meta.dirname, 'hold-lock.ts');
const SHORT = (): AbortSignal => AbortSignal.timeout(60);
const lockText = (mark: string): string => `${mark}\n${'0'.repeat(32)}\n`;
const deadMark = (): string => showMark({ ...ownMark(), start: ownMark().start + 1 });
const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 32);

test('one at a time, in the order of asking', async (t) => {
  const path = join(await scratchFolder(t), 'state');
  const order: number[] = [];
  let inside = 0;
  const work = async (index: number): Promise<void> => {
    assert.equal((inside += 1), 1);
    await new Promise(setImmediate);
    order.push(index);
    inside -= 1;
  };
  await Promise.all([0, 1, 2, 3].map((index) => withLock(path, () => work(index))));
  assert.deepEqual(order, [0, 1, 2, 3]);
});

test('the lock is let go when the work fails, and nothing stays behind', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'state');
  await assert.rejects(
    withLock(path, () => Promise.reject(new Error('work'))),
    /work/,
  );
  assert.equal(await withLock(path, () => Promise.resolve(7), { signal: SHORT() }), 7);
  assert.deepEqual(await readdir(folder), []);
});

test('a pipe in the place of a lock is an error with a code, and is not waited for', { timeout: 10_000 }, async (t) => {
  const path = join(await scratchFolder(t), 'state');
  execFileSync('mkfifo', [`${path}.lock`]);
  const waiting = Array.from({ length: 8 }, () => withLock(path, () => Promise.resolve(), { signal: SHORT() }));
  for (const outcome of await Promise.allSettled(waiting)) {
    assert(outcome.status === 'rejected' && ThemisError.is(outcome.reason));
  }
});

test('several processes lose no change', async (t) => {
  const path = join(await scratchFolder(t), 'count');
  await writeFile(path, '0');
  const scripts = Array.from({ length: 4 }, () => new Script(COUNT, [path, '25']));
  const said = (await Promise.all(scripts.map((script) => script.ended()))).flat().map(Number);
  assert.equal(await readFile(path, 'utf8'), '100');
  assert.deepEqual(
    said.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
});

test('processes that are killed at any moment stop nobody, and no two hold the lock', async (t) => {
  const path = join(await scratchFolder(t), 'count');
  await writeFile(path, '0');
  const survivor = new Script(COUNT, [path, '150']);
  t.after(() => survivor.kill());
  const said: string[] = [];
  for (let kills = 0; kills < 6; kills += 1) {
    const victims = [new Script(COUNT, [path, '1000']), new Script(COUNT, [path, '1000'])];
    await Promise.all(victims.map((victim) => victim.said('')));
    await Promise.all(victims.map((victim) => victim.kill()));
    said.push(...victims.flatMap((victim) => victim.lines));
  }
  said.push(...(await survivor.ended()));
  // Of each killed process the last number may have been written and not said. None is ever written twice.
  assert.equal(new Set(said).size, said.length);
  const written = Number(await readFile(path, 'utf8'));
  assert.ok(written >= said.length && written <= said.length + 12, `${written} written, ${said.length} said`);
});

test('a lock held by a living process is waited for, and no longer than asked', async (t) => {
  const path = join(await scratchFolder(t), 'state');
  await using holder = new Script(HOLD, [path]);
  await holder.said('held');
  const busy = { code: 'THEMIS_LOCK_BUSY', retryable: true };
  await assert.rejects(
    withLock(path, () => Promise.resolve(), { signal: SHORT() }),
    busy,
  );
  await assert.rejects(
    withLock(path, () => Promise.resolve(), { signal: AbortSignal.abort() }),
    { code: 'THEMIS_ABORTED' },
  );
  const waiting = withLock(path, () => Promise.resolve('mine'));
  holder.say('let go');
  assert.equal(await waiting, 'mine');
});

test('the lock of a process that was killed is taken over at once', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'state');
  const holder = new Script(HOLD, [path]);
  await holder.said('held');
  await holder.kill();
  assert.deepEqual(await readdir(folder), ['state.lock']);
  assert.equal(await withLock(path, () => Promise.resolve('mine'), { signal: SHORT() }), 'mine');
  assert.deepEqual(await readdir(folder), []);
});

test('heirs that died on the way are inherited from', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'state');
  const [first, second] = [lockText(deadMark()), lockText(deadMark()).replace('0\n', '1\n')];
  await writeFile(`${path}.lock`, first);
  await writeFile(`${path}.lock.${digestOf(first)}`, second);
  assert.equal(await withLock(path, () => Promise.resolve('mine'), { signal: SHORT() }), 'mine');
  assert.deepEqual(await readdir(folder), []);
});

test('an heir that lives holds the lock', async (t) => {
  const path = join(await scratchFolder(t), 'state');
  const first = lockText(deadMark());
  await writeFile(`${path}.lock`, first);
  await writeFile(`${path}.lock.${digestOf(first)}`, lockText(showMark(ownMark())));
  await assert.rejects(
    withLock(path, () => Promise.resolve(), { signal: SHORT() }),
    { code: 'THEMIS_LOCK_BUSY' },
  );
});

test('a lock whose owner cannot be asked is taken over when it is old, and only then', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'state');
  for (const content of [lockText(showMark({ ...ownMark(), space: '0'.repeat(16) })), '', 'junk', '\0'.repeat(300)]) {
    await writeFile(`${path}.lock`, content);
    await assert.rejects(
      withLock(path, () => Promise.resolve(), { signal: SHORT() }),
      { code: 'THEMIS_LOCK_BUSY' },
    );
    await utimes(`${path}.lock`, 0, 0);
    assert.equal(await withLock(path, () => Promise.resolve('mine'), { signal: SHORT() }), 'mine');
  }
  assert.deepEqual(await readdir(folder), []);
});

test('many processes that find one dead lock have one heir at a time', async (t) => {
  const path = join(await scratchFolder(t), 'count');
  await writeFile(path, '0');
  await writeFile(`${path}.lock`, lockText(deadMark()));
  const scripts = Array.from({ length: 6 }, () => new Script(COUNT, [path, '5']));
  await Promise.all(scripts.map((script) => script.ended()));
  assert.equal(await readFile(path, 'utf8'), '30');
});

test('a lock in a folder that is not there is an error that says so', async (t) => {
  const folder = await scratchFolder(t);
  await assert.rejects(
    withLock(join(folder, 'none', 'state'), () => Promise.resolve()),
    { code: 'THEMIS_FILE_MISSING' },
  );
});
