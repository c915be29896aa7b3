import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Directory } from '@themis-mesh/directory';
import type { ForkProof } from '@themis-mesh/storage';
import { within } from '../wait.ts';
import { storeAll } from './expectations.ts';
import type { Signers } from './signers.ts';
import { Watch } from './watch.ts';

/** What one test of a directory has. */
export interface World {
  readonly signers: Signers;
  readonly directory: Directory;
  /** Another handle on the same records. */
  readonly other: Directory;
  readonly forks: ForkProof[];
}

/** Adds a test of one adapter. */
export type Check = (title: string, run: (world: World, t: TestContext) => Promise<void>) => void;

/** What every directory says to who watches, and how it ends. */
export function checkWatching(check: Check): void {
  check('a watch says first what is there, and then what comes, from every handle', async ({ signers, directory, other }) => {
    await storeAll(directory, signers.history());
    const leaf = await signers.app.leaf('orders');
    await storeAll(directory, await signers.instance(1, { leaf }));
    await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
    await watch.saw('instance/', 1);
    for (let seq = 2; seq < 8; seq += 1) {
      const record = await signers.instance(seq, { leaf });
      await storeAll(other, record);
      await watch.got(record);
    }
    const second = await signers.instance(1, { instance: 'i2' });
    await storeAll(other, second);
    await watch.got(second);
  });

  check('a watch of one record says nothing of others', async ({ signers, directory, other }) => {
    const { app } = signers;
    await using watch = new Watch(directory, { kind: 'charter', id: app.id });
    await storeAll(other, signers.history(), await signers.instance(1), signers.charter());
    await watch.got(signers.charter());
    await app.remove('payments');
    await storeAll(other, signers.charter());
    await watch.got(signers.charter());
    assert.ok(watch.seen.every(({ key }) => key.kind === 'charter'));
  });

  check('every change reaches every watcher, or a newer one does', async ({ signers, directory, other }) => {
    await storeAll(directory, signers.history());
    const leaf = await signers.app.leaf('orders');
    const subject = { kind: 'instances', id: signers.orders.id } as const;
    await using first = new Watch(directory, subject);
    await using second = new Watch(other, subject);
    let last = await signers.instance(0, { leaf });
    for (let seq = 1; seq <= 20; seq += 1) {
      last = await signers.instance(seq, { leaf });
      await storeAll(directory, last);
    }
    await Promise.all([first.got(last), second.got(last)]);
    for (const { seen } of [first, second]) {
      const distinct = new Set(seen.map(({ bytes }) => Buffer.from(bytes).toString()));
      assert.equal(distinct.size, seen.length, 'none of them twice');
    }
  });

  check('a watch ends with its signal, and with its directory', async ({ signers, directory, other }) => {
    const id = signers.orders.id;
    await using byClose = new Watch(directory, { kind: 'instances', id });
    const bySignal = new Watch(other, { kind: 'history', id });
    await within(bySignal[Symbol.asyncDispose](), 'the watch to end with its signal');
    await directory[Symbol.asyncDispose]();
    await within(byClose.ended, 'the watch to end with its directory');
    const ended = directory.watch({ kind: 'history', id }, AbortSignal.abort());
    await assert.rejects(async () => ended[Symbol.asyncIterator]().next(), { code: 'THEMIS_CLOSED' });
  });

  check('a directory that was closed says so', async ({ signers, directory }) => {
    await directory[Symbol.asyncDispose]();
    const record = signers.history();
    await assert.rejects(directory.store(record), { code: 'THEMIS_CLOSED' });
    await assert.rejects(directory.find(record.key), { code: 'THEMIS_CLOSED' });
    await assert.rejects(directory.instances(signers.orders.id), { code: 'THEMIS_CLOSED' });
  });
}
