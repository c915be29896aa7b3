import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignedRecord } from '@themis-mesh/core';
import { KAD, Watches, type KadDirectory } from '@themis-mesh/directory-kad';
import type { Watched } from '@themis-mesh/directory';
import { expectFound, storeAll, Watch } from '@themis-mesh/testkit';
import { scene, type Scene } from './fleet.ts';
import { idOf } from './vectors/cases.ts';

const LATENCY = { least: 1, most: 5 };

/** @returns after how many milliseconds the watch said it */
async function saidAfter({ time }: Scene, watch: Watch, { bytes }: SignedRecord): Promise<number> {
  const begun = time.millis();
  while (!watch.seen.some((record) => Buffer.compare(record.bytes, bytes) === 0)) {
    assert.ok(time.millis() - begun < 60_000, 'the watch never says it');
    await time.pass(20);
  }
  return time.millis() - begun;
}

function watchAt(directory: KadDirectory, wanted: Watched): Watch {
  return new Watch(directory, wanted);
}

test('a change is pushed to whoever watches, at once', async (t) => {
  const made = await scene(t, 20, { latencyMs: LATENCY });
  const { fleet, signers, time } = made;
  const directory = fleet.directory(0, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history()));
  await using watch = watchAt(fleet.directory(9, { app: signers.app.id }), { kind: 'instances', id: signers.orders.id });
  await time.pass(1_000);
  const here = await signers.instance(1);
  await time.until(storeAll(directory, here));
  assert.ok((await saidAfter(made, watch, here)) < 200);
  const gone = await signers.instance(2, { endpoints: [] });
  await time.until(storeAll(directory, gone));
  assert.ok((await saidAfter(made, watch, gone)) < 200, 'that it goes, too');
});

test('a rotation is pushed, and what was signed before is believed no more', async (t) => {
  const made = await scene(t, 10, { latencyMs: LATENCY });
  const { fleet, signers, time } = made;
  const directory = fleet.directory(0, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history()));
  await using watch = watchAt(fleet.directory(5, { app: signers.app.id }), { kind: 'history', id: signers.orders.id });
  await time.pass(500);
  await signers.orders.rotate(signers.now, 0);
  await time.until(storeAll(directory, signers.history()));
  assert.ok((await saidAfter(made, watch, signers.history())) < 200);
});

test('a watch goes on when the storers that push to it die', async (t) => {
  const made = await scene(t, 20, { latencyMs: LATENCY });
  const { fleet, signers, time } = made;
  const directory = fleet.directory(0, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history(), await signers.instance(1)));
  await using watch = watchAt(fleet.directory(9, { app: signers.app.id }), { kind: 'instances', id: signers.orders.id });
  await time.pass(1_000);
  const pushing = fleet.nodes.filter(({ node }, at) => node.watches.size > 0 && at !== 0 && at !== 9);
  assert.ok(pushing.length >= KAD.watchers - 2);
  for (const member of pushing) fleet.kill(member);
  await time.pass(3_000);
  const next = await signers.instance(2);
  await time.until(storeAll(directory, next));
  assert.ok((await saidAfter(made, watch, next)) < 200);
});

test('where no push comes, a watch looks from time to time', async (t) => {
  const made = await scene(t, 6, { node: { limits: { watches: 0 } } });
  const { fleet, signers, time } = made;
  const directory = fleet.directory(0, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history(), await signers.service(1)));
  const key = { kind: 'service', id: signers.orders.id } as const;
  await using watch = watchAt(fleet.directory(3, { app: signers.app.id }), key);
  await time.pass(1_000);
  const next = await signers.service(2);
  await time.until(storeAll(directory, next));
  await time.until(expectFound(directory, next));
  assert.ok((await saidAfter(made, watch, next)) <= 1.25 * KAD.pollMs);
});

test('a watch outlives its leases', async (t) => {
  const made = await scene(t, 8, { latencyMs: LATENCY });
  const { fleet, signers, time } = made;
  const directory = fleet.directory(0, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history()));
  await using watch = watchAt(fleet.directory(4, { app: signers.app.id }), { kind: 'service', id: signers.orders.id });
  await time.pass(2.5 * KAD.leaseSeconds * 1000);
  const next = await signers.service(1);
  await time.until(storeAll(directory, next));
  assert.ok((await saidAfter(made, watch, next)) < 200);
});

test('a node keeps so many watches of a peer, and of all, and none beyond its lease', () => {
  const watches = new Watches({ peerWatches: 2, watches: 3 });
  const ended: number[] = [];
  const open = (peer: string, lease: number): ReturnType<Watches['add']> =>
    watches.add(
      { peer: idOf(peer), wanted: { kind: 'instances', id: idOf('service') }, lease, now: 0 },
      { push: () => {}, end: () => ended.push(lease) },
    );
  const first = open('a', 10);
  assert.ok(first.ok && open('a', 20).ok);
  const third = open('a', 30);
  assert.ok(!third.ok && third.refusal.code === 'node-watches');
  assert.ok(open('b', 100_000).ok);
  assert.ok(!open('c', 10).ok);
  first.value();
  assert.equal(watches.size, 2);
  watches.sweep(20_000);
  assert.deepEqual(ended, [20]);
  watches.sweep(KAD.leaseSeconds * 1000);
  assert.deepEqual(ended, [20, 100_000], 'no lease is longer than the longest');
  assert.equal(watches.size, 0);
});
