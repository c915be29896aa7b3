import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignedRecord } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import { openNatsDirectory } from '@themis-mesh/directory-nats';
import { expectFound, Signers, storeAll, waitFor, Watch } from '@themis-mesh/testkit';
import { NatsCluster } from './nats-server.ts';
import { onEachServer } from './servers.ts';

/** No answer is none yet; any other answer than the right one fails. */
async function expectFoundSoon(directory: Directory, record: SignedRecord): Promise<void> {
  const { key } = record;
  await waitFor(async () => (await directory.find(key)).outcome !== 'unavailable', 'an answer', 30_000);
  await expectFound(directory, record);
}

onEachServer('three nats-servers that keep records together', (path) => {
  test('finds and stores go on when any one of them is killed, and nothing is lost', async (t) => {
    const signers = await Signers.create();
    await using cluster = await NatsCluster.start(path);
    const options = { servers: cluster.urls, replicas: 3, now: () => signers.now };
    await using directory = await openNatsDirectory(options);
    await using other = await openNatsDirectory(options);
    const leaf = await signers.app.leaf('orders');
    let record = await signers.instance(0, { leaf });
    const lasting = [signers.history(), signers.charter(), await signers.service(1)];
    await storeAll(directory, ...lasting, record);
    await using watch = new Watch(other, { kind: 'instances', id: signers.orders.id });
    await watch.got(record);
    for (const [index, server] of cluster.servers.entries()) {
      await server.stop('SIGKILL');
      const begun = performance.now();
      let unanswered = 0;
      for (const handle of [directory, other]) {
        await waitFor(async () => (await handle.find(record.key)).outcome === 'found' || void (unanswered += 1), 'it', 30_000);
      }
      const found = performance.now() - begun;
      record = await signers.instance(index + 1, { leaf });
      await waitFor(
        async () => (await directory.store(record)).outcome !== 'unavailable' || void (unanswered += 1),
        'it',
        30_000,
      );
      const stored = performance.now() - begun;
      // Each bucket chooses a leader of its own.
      for (const handle of [directory, other]) for (const each of [...lasting, record]) await expectFoundSoon(handle, each);
      // What followed for a watch on the server killed is missed after two of its heartbeats, of 5 s each.
      const { bytes } = record;
      await waitFor(() => watch.seen.some((seen) => Buffer.compare(seen.bytes, bytes) === 0), 'the watch to say it', 40_000);
      const words = `found after ${found.toFixed(0)} ms, stored after ${stored.toFixed(0)} ms, ${unanswered} calls unavailable`;
      t.diagnostic(`${index + 1}. killed: ${words}`);
      await server.start();
      // So that the next one is not the second that is missing.
      await waitFor(() => cluster.isWhole(), 'the cluster to be whole', 30_000);
    }
    assert.ok(watch.seen.length >= 4);
  });
});
