import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, type SignedRecord } from '@themis-mesh/core';
import {
  decodeRequest,
  encodeAnswer,
  KAD,
  placeOfRecord,
  type Answer,
  type KadDirectory,
  type KadNode,
  type Request,
} from '@themis-mesh/directory-kad';
import { expectFound, flipped, instancesOf, Signers, type FleetNode, type Reached } from '@themis-mesh/testkit';
import { Findings } from '../src/directory/findings.ts';
import { Reading } from '../src/directory/reading.ts';
import { scene, type Scene } from './fleet.ts';

/** What a liar says in place of what its node would. Undefined: the truth. */
type Lie = (request: Request, truth: () => Answer) => Answer | undefined;

/** A node that can be made to lie. */
class Liar implements Reached {
  readonly node: KadNode;
  lie: Lie = () => undefined;

  constructor(node: KadNode) {
    this.node = node;
  }

  handleBytes(from: FleetNode['identity'], bytes: Uint8Array): Uint8Array {
    const request = decodeRequest(bytes);
    assert.ok(request.ok);
    const lie = this.lie(request.value, () => this.node.handle(from, request.value));
    return lie === undefined ? this.node.handleBytes(from, bytes) : encodeAnswer(lie);
  }

  serveWatch(...args: Parameters<KadNode['serveWatch']>): ReturnType<KadNode['serveWatch']> {
    return this.node.serveWatch(...args);
  }
}

interface Stage extends Scene {
  readonly liars: readonly Liar[];
  /** Those who keep a place, the nearest first. */
  storersOf(record: SignedRecord): readonly Liar[];
  /** A directory at a node that keeps nothing of that place. */
  asker(record: SignedRecord): KadDirectory;
}

async function stage(t: Parameters<typeof scene>[0], count = 20): Promise<Stage> {
  const liars: Liar[] = [];
  const made = await scene(t, 0);
  const { fleet, time, signers } = made;
  for (let at = 0; at < count; at += 1) {
    await time.until(
      fleet.add((node) => {
        const liar = new Liar(node);
        liars.push(liar);
        return liar;
      }),
    );
  }
  await time.pass(2_000);
  const storersOf = ({ key }: SignedRecord): readonly Liar[] => {
    const names = fleet.holdersOf(key).map(({ identity }) => identity);
    return liars.filter(({ node }) => names.includes(node.identity));
  };
  const asker = (record: SignedRecord): KadDirectory => {
    const storers = new Set(storersOf(record).map(({ node }) => node));
    return fleet.directory(
      fleet.nodes.findIndex(({ node }) => !storers.has(node)),
      { app: signers.app.id },
    );
  };
  return { ...made, liars, storersOf, asker };
}

/** Stores at all storers, not only at those that are waited for. */
async function storeAll({ time }: Stage, directory: KadDirectory, ...records: readonly SignedRecord[]): Promise<void> {
  for (const record of records) {
    const answer = await time.until(directory.store(record));
    assert.ok(answer.outcome === 'stored' || answer.outcome === 'unchanged', JSON.stringify(answer));
  }
  await time.pass(100);
}

function withholding(): Lie {
  return ({ kind }, truth) => {
    if (kind !== 'get') return undefined;
    const { index, closer } = truth();
    return { kind: 'records', index, closer, records: [], total: 0 };
  };
}

function saying(record: SignedRecord): Lie {
  return ({ kind }, truth) => {
    if (kind !== 'get') return undefined;
    const { index, closer } = truth();
    return { kind: 'records', index, closer, records: [record], total: 1 };
  };
}

test('a record is kept by its storers, and by nobody else', async (t) => {
  const made = await stage(t);
  const { fleet, signers } = made;
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history());
  const holders = fleet.holdersOf(signers.history().key);
  assert.equal(holders.length, KAD.replicas);
  const place = placeOfRecord(signers.history().key);
  const [some] = holders;
  assert.ok(some?.node.isStorerOf(place));
});

test('storers that replay an older record lose to one that does not', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const leaf = await signers.app.leaf('orders');
  const [older, newer] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), older, newer);
  const storers = made.storersOf(newer);
  for (const liar of storers.slice(0, 2)) liar.lie = saying(older);
  for (let round = 0; round < 10; round += 1) await time.until(expectFound(made.asker(newer), newer));
});

test('whoever has seen a record is never given an older one, though all storers replay it', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const leaf = await signers.app.leaf('orders');
  const [older, newer] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), older, newer);
  const asker = made.asker(newer);
  await time.until(expectFound(asker, newer));
  for (const liar of made.storersOf(newer)) liar.lie = saying(older);
  await time.pass(3_000);
  const answer = await time.until(asker.find(newer.key));
  assert.ok(answer.outcome === 'found');
  assert.equal(Buffer.compare(answer.record.bytes, newer.bytes), 0);
  assert.ok(answer.age >= 3, `it says how old that is: ${answer.age}`);
});

for (const [title, lie] of [
  ['withhold it', (): Lie => withholding()],
  ['change it', (record: SignedRecord): Lie => saying(flipped(record, 900))],
  ['say another', (record: SignedRecord): Lie => saying({ key: record.key, bytes: Buffer.from('{}') })],
  [
    'refuse',
    (): Lie => (_request, truth) => ({
      kind: 'refused',
      index: truth().index,
      closer: [],
      refusal: refuse('node-flood', '').refusal,
    }),
  ],
] as const) {
  test(`where all storers ${title}, the answer is what was seen before, with its age`, async (t) => {
    const made = await stage(t);
    const { fleet, signers, time } = made;
    const record = await signers.service(1);
    await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), record);
    const asker = made.asker(record);
    await time.until(expectFound(asker, record));
    for (const liar of made.liars) liar.lie = lie(record);
    await time.pass(2_000);
    const answer = await time.until(asker.find(record.key));
    assert.ok(answer.outcome === 'found', answer.outcome);
    assert.equal(Buffer.compare(answer.record.bytes, record.bytes), 0);
    assert.ok(answer.age >= 2);
  });
}

test('where all storers say what nobody can believe, who has seen nothing gets an error', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const record = await signers.service(1);
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), record);
  const storers = made.storersOf(record);
  for (const liar of storers) liar.lie = saying(flipped(record, 900));
  const answer = await time.until(made.asker(record).find(record.key));
  assert.equal(answer.outcome, 'unavailable');
});

test('where half of the storers withhold a record it is found all the same', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const record = await signers.instance(1);
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), record);
  for (const liar of made.storersOf(record).slice(0, KAD.replicas / 2)) liar.lie = withholding();
  for (const { node } of made.liars) {
    const directory = fleet.directory(
      fleet.nodes.findIndex((member) => member.node === node),
      { app: signers.app.id },
    );
    await time.until(expectFound(directory, record));
    assert.deepEqual(await time.until(instancesOf(directory, signers.orders)), ['i1']);
  }
});

test('storers that hang cost time, and no answer', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const record = await signers.instance(1);
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), record);
  const hanging = made
    .storersOf(record)
    .slice(0, 4)
    .map(({ node }) => node);
  for (const { node, address } of fleet.nodes) if (hanging.includes(node)) fleet.network.hang(address);
  await time.until(expectFound(made.asker(record), record));
  const stored = await time.until(made.asker(record).store(await signers.instance(2)));
  assert.equal(stored.outcome, 'stored');
});

test('a find brings storers up to date that missed the newest', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  const leaf = await signers.app.leaf('orders');
  const [older, newer] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), older);
  const storers = made.storersOf(older);
  const missing = storers.slice(0, KAD.replicas - KAD.writeAcks);
  // They say that they keep it, and do not.
  for (const liar of missing) {
    liar.lie = ({ kind }) => (kind === 'store' ? { kind: 'stored', index: 0, closer: [], unchanged: false } : undefined);
  }
  await storeAll(made, made.asker(older), newer);
  for (const liar of missing) liar.lie = () => undefined;
  const held = (): number => storers.filter(({ node }) => isHeld(node, newer)).length;
  assert.equal(held(), KAD.writeAcks);
  for (const at of fleet.nodes.keys()) {
    await time.until(expectFound(fleet.directory(at, { app: signers.app.id }), newer));
    await time.pass(100);
  }
  assert.equal(held(), KAD.replicas);

  function isHeld(node: KadNode, { key, bytes }: SignedRecord): boolean {
    const found = node.store.find(key, signers.now);
    return found !== undefined && Buffer.compare(found.bytes, bytes) === 0;
  }
});

test('a storer that makes up a newer record does not keep a sound one from being stored', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history());
  const directory = made.asker(signers.history());
  for (const liar of made.storersOf(signers.history()).slice(0, 2)) {
    liar.lie = ({ kind }, truth) => {
      if (kind !== 'store') return undefined;
      const { index, closer } = truth();
      const held = Buffer.from('{"newer":true}');
      return { kind: 'refused', index, closer, refusal: refuse('record-rolled-back', 'made up').refusal, held };
    };
  }
  const answer = await time.until(directory.store(await signers.instance(1)));
  assert.ok(answer.outcome === 'stored', JSON.stringify(answer));
  assert.equal(answer.sample.answered, KAD.writeAcks);
});

test('a store that too few acknowledge says so', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history());
  const directory = made.asker(signers.history());
  for (const liar of made.storersOf(signers.history()).slice(0, 3)) {
    liar.lie = ({ kind }, truth) => (kind === 'store' ? { ...truth(), kind: 'nodes' } : undefined);
  }
  const answer = await time.until(directory.store(await signers.instance(1)));
  assert.ok(answer.outcome === 'unavailable', JSON.stringify(answer));
  assert.match(answer.error.message, /5 of 8 nodes took it, 6 have to/);
});

test('a store that took two attempts has stored it, and not found it there', async (t) => {
  const made = await stage(t);
  const { fleet, signers, time } = made;
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history());
  const directory = made.asker(signers.history());
  await storeAll(made, directory, await signers.instance(1));
  for (const liar of made.storersOf(signers.history()).slice(0, 3)) {
    let isFirst = true;
    liar.lie = ({ kind }, truth) => {
      if (kind !== 'store' || !isFirst) return undefined;
      isFirst = false;
      const { index } = truth();
      return { kind: 'nodes', index, closer: [] };
    };
  }
  const answer = await time.until(directory.store(await signers.instance(2)));
  assert.equal(answer.outcome, 'stored', JSON.stringify(answer));
});

test('contacts that no charter knows are asked nothing', async (t) => {
  const made = await stage(t, 8);
  const { fleet, signers, time, liars } = made;
  const strangers = Array.from({ length: 16 }, (_, at) => ({
    identity: signers.orders.id,
    index: at,
    address: { host: `10.66.0.${at}`, port: 7000 },
  }));
  for (const liar of liars) liar.lie = (_request, truth) => ({ ...truth(), closer: strangers });
  const asked = new Set<string>();
  fleet.network.onRequest = ({ host }) => void asked.add(host);
  await time.until(fleet.directory(0, { app: signers.app.id }).find(signers.history().key));
  assert.deepEqual(
    [...asked].filter((host) => host.startsWith('10.66.')),
    [],
  );
});

test('a member that floods is refused by name, and others are served', async (t) => {
  const { fleet, time } = await scene(t, 3, { node: { limits: { peerTokens: 10, peerBurst: 100 } } });
  const [first, second, third] = fleet.nodes;
  assert.ok(first && second && third);
  await time.pass(30_000);
  const ping = (): Answer => first.node.handle(second.identity, { kind: 'ping' });
  const answers = Array.from({ length: 300 }, ping);
  const refused = answers.filter(({ kind }) => kind === 'refused');
  assert.ok(refused.length >= 200);
  const [one] = refused;
  assert.ok(one?.kind === 'refused');
  assert.deepEqual(one.refusal, { code: 'node-flood', detail: second.identity });
  assert.equal(first.node.handle(third.identity, { kind: 'ping' }).kind, 'nodes');
  const junk = Array.from({ length: 300 }, () => first.node.handleBytes(third.identity, Buffer.from('junk')));
  assert.ok(junk.length === 300 && first.node.handle(third.identity, { kind: 'ping' }).kind === 'refused', 'junk counts, too');
});

test('a member that was removed is answered nothing, and its records are dropped', async (t) => {
  const made = await stage(t, 5);
  const { fleet, signers, time } = made;
  await storeAll(made, fleet.directory(0, { app: signers.app.id }), signers.history(), await signers.instance(1));
  const [, second] = fleet.nodes;
  assert.ok(second !== undefined);
  fleet.roster.remove(second.identity);
  fleet.roster.remove(signers.orders.id);
  for (const { node } of fleet.nodes) if (node !== second.node) node.takeRoster(fleet.roster);
  for (const { node } of fleet.nodes) {
    if (node === second.node) continue;
    assert.ok(!node.status.neighbours.some(({ identity }) => identity === second.identity));
    assert.equal(node.status.records, 0);
    const answer = node.handle(second.identity, { kind: 'ping' });
    assert.ok(answer.kind === 'refused' && answer.refusal.code === 'member-removed');
  }
  await time.pass(10);
});

test('a reader that believes everything takes what is forged: that is what its verification is for', async () => {
  const signers = await Signers.create();
  const options = { app: signers.app.id, now: () => signers.now, remembered: () => signers.orders.history, onFork: () => {} };
  const [sound, forged] = [await signers.service(1), flipped(await signers.service(2), 900)];
  const said = (record: SignedRecord): Answer => ({ kind: 'records', index: 0, closer: [], records: [record], total: 1 });
  const bytesOf = (reading: Reading): Buffer => {
    const findings = new Findings(sound.key, reading);
    findings.take('liar', said(forged), 0, 2, () => true);
    findings.take('honest', said(sound), 1, 2, () => true);
    return Buffer.from(findings.best?.bytes ?? []);
  };
  assert.deepEqual(bytesOf(new Reading(options)), Buffer.from(sound.bytes));
  class Gullible extends Reading {
    override believe(record: SignedRecord): ReturnType<Reading['believe']> {
      const other = super.believe(sound);
      return other === undefined ? undefined : { ...other, ...record, sequence: [0, record === forged ? 9 : 1] };
    }
  }
  assert.deepEqual(bytesOf(new Gullible(options)), Buffer.from(forged.bytes));
});
