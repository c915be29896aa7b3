import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignedRecord } from '@themis-mesh/core';
import { compareDistance, KAD, placeOfRecord } from '@themis-mesh/directory-kad';
import { expectFound, instancesOf, storeAll, type FleetNode } from '@themis-mesh/testkit';
import { scene } from './fleet.ts';

const LATENCY = { least: 1, most: 5 };

/** Those nearest to a record's place of some nodes. */
function nearestOf(nodes: readonly FleetNode[], { key }: SignedRecord): readonly FleetNode[] {
  const place = placeOfRecord(key);
  const [any] = nodes;
  assert.ok(any !== undefined);
  const rank = (a: FleetNode, b: FleetNode): number => (a.node.isNearer(place, placeOf(b)) ? -1 : 1);
  return [...nodes].sort(rank).slice(0, KAD.replicas);

  function placeOf({ identity }: FleetNode): ReturnType<typeof placeOfRecord> {
    return any?.node.roster.placeOf(identity, 0) ?? assert.fail();
  }
}

test('nodes that join find each other', async (t) => {
  const { fleet, time } = await scene(t, 30, { latencyMs: LATENCY });
  await time.pass(5_000);
  for (const { node, identity } of fleet.nodes) {
    const own = fleet.roster.placeOf(identity, 0) ?? assert.fail();
    const places = fleet.nodes.flatMap(({ identity: other }) =>
      other === identity ? [] : (fleet.roster.placeOf(other, 0) ?? []),
    );
    const nearest = places.sort((a, b) => compareDistance(own, a, b)).slice(0, KAD.replicas);
    assert.deepEqual(
      node.nearest(own, KAD.replicas).map(({ place }) => place),
      nearest,
    );
  }
});

test('with a third of all nodes killed at once, every record is found at once, and stored again', async (t) => {
  const { fleet, time, signers } = await scene(t, 45, { latencyMs: LATENCY });
  const all = ['orders', 'payments'].map((name) => signers.app.service(name));
  const records = [
    ...all.map((service) => signers.history(service)),
    signers.charter(),
    await signers.instance(1),
    await signers.service(1),
  ];
  await time.until(storeAll(fleet.directory(0, { app: signers.app.id }), ...records));
  await time.pass(1_000);
  const killed = fleet.nodes.filter((_, at) => at % 3 === 1);
  for (const node of killed) fleet.kill(node);
  const alive = fleet.nodes.filter((_, at) => at % 3 !== 1);
  for (const member of alive) {
    const directory = fleet.directory(fleet.nodes.indexOf(member), { app: signers.app.id });
    for (const record of records) await time.until(expectFound(directory, record));
  }
  const again = await time.until(fleet.directory(0, { app: signers.app.id }).store(await signers.instance(2)));
  assert.equal(again.outcome, 'stored');
});

test('dead nodes leave every table within seconds, in a small network too', async (t) => {
  for (const count of [3, 20]) {
    const { fleet, time } = await scene(t, count, { latencyMs: LATENCY });
    await time.pass(2_000);
    const [, dead] = fleet.nodes;
    assert.ok(dead !== undefined);
    fleet.kill(dead);
    await time.pass(9_000);
    for (const { node } of fleet.nodes) {
      if (node === dead.node) continue;
      assert.ok(!node.status.neighbours.some(({ identity }) => identity === dead.identity), `of ${count}`);
    }
  }
});

test('a connection that ends is reason enough to ask at once', async (t) => {
  const { fleet, time } = await scene(t, 5);
  const [first, dead] = fleet.nodes;
  assert.ok(first && dead);
  fleet.kill(dead);
  first.node.suspect(dead.identity, 0);
  await time.pass(1_500);
  assert.ok(!first.node.status.neighbours.some(({ identity }) => identity === dead.identity));
});

test('who joins gets what it is near to, and who moves up when another dies does, too', async (t) => {
  const { fleet, time, signers } = await scene(t, 12, { latencyMs: LATENCY });
  const lasting = signers.history();
  await time.until(storeAll(fleet.directory(0, { app: signers.app.id }), lasting, await signers.service(1)));
  const others = 12;
  for (let at = 0; at < others; at += 1) await time.until(fleet.add());
  await time.pass(2_000);
  for (const { node } of nearestOf(fleet.nodes, lasting)) {
    assert.ok(node.store.find(lasting.key, signers.now) !== undefined, 'handed over on join');
    assert.ok(node.store.find({ kind: 'service', id: signers.orders.id }, signers.now) !== undefined, 'with what it judges');
  }
  const [nearest] = nearestOf(fleet.nodes, lasting);
  assert.ok(nearest !== undefined);
  fleet.kill(nearest);
  await time.pass(12_000);
  const alive = fleet.nodes.filter((member) => member !== nearest);
  for (const { node } of nearestOf(alive, lasting))
    assert.ok(node.store.find(lasting.key, signers.now) !== undefined, 'after a death');
});

test('who leaves hands over what it keeps', async (t) => {
  const { fleet, time, signers } = await scene(t, 16, { latencyMs: LATENCY });
  const lasting = signers.history();
  await time.until(storeAll(fleet.directory(0, { app: signers.app.id }), lasting));
  await time.pass(500);
  const leaving = nearestOf(fleet.nodes, lasting).slice(0, 3);
  for (const { node, address } of leaving) {
    await time.until(node.leave());
    fleet.network.detach(address);
  }
  const staying = fleet.nodes.filter((member) => !leaving.includes(member));
  const holders = (): number => staying.filter(({ node }) => node.store.find(lasting.key, signers.now) !== undefined).length;
  // Who left second did not know yet that somebody had left.
  assert.ok(holders() >= KAD.replicas - leaving.length + 1, `${holders()} hold it`);
  await time.pass(12_000);
  assert.ok(holders() >= KAD.replicas, `${holders()} hold it`);
});

test('what nobody says any more is republished by those who keep it', async (t) => {
  const { fleet, time, signers } = await scene(t, 10);
  const lasting = signers.history();
  await time.until(storeAll(fleet.directory(0, { app: signers.app.id }), lasting));
  await time.pass(1_000);
  const [one, other] = nearestOf(fleet.nodes, lasting).slice(5);
  assert.ok(one && other);
  // They lose their disk, and nobody reads: only the others can know.
  for (const { node } of [one, other]) forget(node);
  assert.equal(fleet.holdersOf(lasting.key).length, KAD.replicas - 2);
  await time.pass(1.5 * KAD.republishMs);
  assert.equal(fleet.holdersOf(lasting.key).length >= KAD.replicas, true);

  function forget(node: FleetNode['node']): void {
    const nobody = { placeOf: () => undefined, standingOf: () => 'removed' as const };
    node.store.sweep(signers.now, nobody);
  }
});

test('both sides of a divided network go on, and agree when it heals', async (t) => {
  const { fleet, time, signers } = await scene(t, 20, { latencyMs: LATENCY });
  const directory = (at: number): ReturnType<typeof fleet.directory> => fleet.directory(at, { app: signers.app.id });
  const leaf = await signers.app.leaf('orders');
  const [left, right] = [directory(0), directory(19)];
  await time.until(storeAll(left, signers.history(), await signers.instance(1, { leaf })));
  fleet.network.part(
    fleet.nodes.slice(0, 10).map(({ address }) => address),
    fleet.nodes.slice(10).map(({ address }) => address),
  );
  await time.pass(60_000);
  const [first, second] = [await signers.instance(2, { leaf }), await signers.instance(3, { leaf })];
  await time.until(storeAll(left, first));
  await time.until(expectFound(left, first));
  await time.until(storeAll(right, second));
  await time.until(expectFound(right, second));
  fleet.network.heal();
  await time.pass(10_000);
  for (const at of [0, 5, 12, 19]) await time.until(expectFound(directory(at), second));
  for (const { node } of fleet.nodes) assert.ok(node.status.neighbours.length > 10, 'each side knows the other again');
});

test('with one message in twenty lost, records are found and stored', async (t) => {
  const { fleet, time, signers } = await scene(t, 20, { latencyMs: LATENCY, loss: 0.05 });
  const directory = fleet.directory(3, { app: signers.app.id });
  await time.until(storeAll(directory, signers.history()));
  for (let seq = 1; seq <= 10; seq += 1) {
    const instance = await signers.instance(seq, { instance: `i${seq}` });
    await time.until(storeAll(directory, instance));
    await time.until(expectFound(fleet.directory(seq, { app: signers.app.id }), instance));
  }
  assert.equal((await time.until(instancesOf(directory, signers.orders))).length, 10);
});

test('a node that has not found its network denies nothing', async (t) => {
  const { fleet, time, signers } = await scene(t, 1);
  const [first] = fleet.nodes;
  assert.ok(first !== undefined);
  fleet.network.hang(first.address);
  const late = await time.until(fleet.add());
  assert.equal(late.node.isSettled, false);
  const answer = await time.until(fleet.directory(1, { app: signers.app.id }).find(signers.history().key));
  assert.equal(answer.outcome, 'unavailable');
});

test('a client that keeps nothing finds and stores as a node does', async (t) => {
  const { fleet, time, signers } = await scene(t, 10);
  const { KadDirectory, KadNode } = await import('@themis-mesh/directory-kad');
  const identity = signers.orders.id;
  const network = fleet.network.of(identity);
  const node = new KadNode({ identity, roster: fleet.roster, network, clock: time, chance: () => 0.5, app: signers.app.id });
  t.after(() => node.stop());
  assert.ok((await time.until(node.join([fleet.nodes[0]?.address ?? assert.fail()]))) > 5);
  const directory = new KadDirectory({ node, app: signers.app.id });
  await time.until(storeAll(directory, signers.history(), await signers.instance(1)));
  await time.until(expectFound(directory, signers.history()));
  assert.equal(node.status.records, 0);
  assert.ok(fleet.nodes.every((member) => member.node.status.neighbours.every(({ identity: each }) => each !== identity)));
});
