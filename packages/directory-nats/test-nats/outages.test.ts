import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNatsDirectory } from '@themis-mesh/directory-nats';
import type { Directory } from '@themis-mesh/directory';
import { expectFound, Signers, storeAll, waitFor, Watch, within } from '@themis-mesh/testkit';
import type { SignedRecord } from '@themis-mesh/core';
import { freePorts, NatsServer } from './nats-server.ts';
import { onEachServer } from './servers.ts';

const TIMEOUT_MS = 1000;
/** What a busy machine may add. */
const SLACK_MS = 1500;

async function expectUnavailable(ask: () => Promise<{ readonly outcome: string }>, most = TIMEOUT_MS + SLACK_MS): Promise<void> {
  const begun = performance.now();
  const answer = await within(ask(), 'an answer', 20_000);
  const took = performance.now() - begun;
  assert.equal(answer.outcome, 'unavailable');
  assert.ok(took < most, `after ${took} ms`);
}

async function storeUntilStored(directory: Directory, record: SignedRecord): Promise<void> {
  await waitFor(async () => ['stored', 'unchanged'].includes((await directory.store(record)).outcome), 'it to be stored', 30_000);
}

onEachServer('a nats-server that is not there', (path) => {
  test('a server that says nothing more is unavailable within the time given, and found again when it goes on', async () => {
    const signers = await Signers.create();
    await using server = await NatsServer.start(path);
    await using directory = await openNatsDirectory({ servers: server.url, now: () => signers.now, timeoutMs: TIMEOUT_MS });
    await storeAll(directory, signers.history());
    const record = await signers.service(1);
    server.signal('SIGSTOP');
    await expectUnavailable(() => directory.find(record.key));
    await expectUnavailable(() => directory.store(record));
    await expectUnavailable(() => directory.instances(signers.orders.id));
    await expectUnavailable(() => directory.find(record.key, { signal: AbortSignal.timeout(50) }), 50 + SLACK_MS / 2);
    await expectUnavailable(() => directory.find(record.key, { signal: AbortSignal.abort() }), SLACK_MS / 2);
    server.signal('SIGCONT');
    await storeUntilStored(directory, record);
    await expectFound(directory, record);
  });

  test('where no server was ever there calls are answered in time, soon without waiting, and rightly when one comes', async () => {
    const signers = await Signers.create();
    const [port = 0] = await freePorts(1);
    await using server = await NatsServer.prepare({ path, port });
    await using directory = await openNatsDirectory({ servers: server.url, now: () => signers.now, timeoutMs: TIMEOUT_MS });
    const record = signers.history();
    const answer = await directory.find(record.key);
    assert.ok(answer.outcome === 'unavailable' && answer.error.code === 'THEMIS_DIRECTORY_UNAVAILABLE');
    assert.match(answer.error.message, /cannot be reached/);
    await waitFor(async () => {
      const begun = performance.now();
      await directory.find(record.key);
      return performance.now() - begun < TIMEOUT_MS / 4;
    }, 'an answer without waiting');
    await server.start();
    await storeUntilStored(directory, record);
  });

  test('a watch goes on after a server was killed and started again, and misses nothing', async () => {
    const signers = await Signers.create();
    await using server = await NatsServer.start(path);
    const options = { servers: server.url, now: () => signers.now, timeoutMs: TIMEOUT_MS };
    await using directory = await openNatsDirectory({ ...options, rescanMs: 3_600_000 });
    await using other = await openNatsDirectory(options);
    const leaf = await signers.app.leaf('orders');
    await storeAll(other, signers.history(), await signers.instance(1, { leaf }));
    await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
    await watch.saw('instance/', 1);
    for (let round = 2; round < 5; round += 1) {
      await server.stop(round === 3 ? 'SIGTERM' : 'SIGKILL');
      await server.start();
      const records = [await signers.instance(round, { leaf }), await signers.instance(round, { instance: `i${round}` })];
      for (const record of records) await storeUntilStored(other, record);
      for (const record of records) await watch.got(record);
    }
    const distinct = new Set(watch.seen.map(({ bytes }) => Buffer.from(bytes).toString()));
    assert.equal(distinct.size, watch.seen.length, 'none of them twice');
  });

  test('a server that forgot all gets its buckets anew, and a watch goes on with them', async () => {
    const signers = await Signers.create();
    await using server = await NatsServer.start(path);
    await using directory = await openNatsDirectory({ servers: server.url, now: () => signers.now, timeoutMs: TIMEOUT_MS });
    const leaf = await signers.app.leaf('orders');
    await storeAll(directory, signers.history(), await signers.instance(1, { leaf }), await signers.service(1));
    await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
    await watch.saw('instance/', 1);
    await server.stop();
    await server.forget();
    await server.start();
    await storeUntilStored(directory, signers.history());
    const again = await signers.instance(2, { leaf });
    await storeUntilStored(directory, again);
    await expectFound(directory, again);
    await watch.got(again);
    assert.equal((await directory.find((await signers.service(1)).key)).outcome, 'not-found');
  });

  test('closing ends what waits for a server', async () => {
    const signers = await Signers.create();
    await using server = await NatsServer.start(path);
    const directory = await openNatsDirectory({ servers: server.url, now: () => signers.now, timeoutMs: 30_000 });
    await storeAll(directory, signers.history());
    server.signal('SIGSTOP');
    const waiting = directory.find(signers.history().key);
    await using watch = new Watch(directory, { kind: 'history', id: signers.orders.id });
    await within(Promise.resolve(directory[Symbol.asyncDispose]()), 'the directory to close', 5000);
    assert.equal((await within(waiting, 'the answer', 5000)).outcome, 'unavailable');
    await within(watch.ended, 'the watch to end', 5000);
  });
});
