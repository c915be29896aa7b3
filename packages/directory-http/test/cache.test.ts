import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryDirectory } from '@themis-mesh/directory';
import { HttpDirectory } from '@themis-mesh/directory-http';
import { instancesOf, Signers, storeAll, waitFor } from '@themis-mesh/testkit';
import { hangs, honest, SaidNodes } from './said-nodes.ts';

async function cached(): Promise<{
  signers: Signers;
  truth: ReturnType<typeof openMemoryDirectory>;
  nodes: SaidNodes;
  directory: HttpDirectory;
}> {
  const signers = await Signers.create();
  const now = (): number => signers.now;
  const truth = openMemoryDirectory({ now });
  const nodes = new SaidNodes().set('a', honest(truth));
  const spans = { freshMs: 1000, staleMs: 10_000 };
  const directory = new HttpDirectory({ nodes: ['a'], transport: nodes, now, clock: signers.clock, ...spans });
  return { signers, truth, nodes, directory };
}

test('a fresh answer serves without a question, and a stale one while it is asked for anew', async () => {
  const { signers, truth, nodes, directory } = await cached();
  const leaf = await signers.app.leaf('orders');
  const [first, second] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  await storeAll(truth, signers.history(), first);
  assert.equal((await directory.find(first.key)).outcome, 'found');
  await storeAll(truth, second);
  assert.equal(nodes.asked.length, 1);
  signers.clock.advance(999);
  const fresh = await directory.find(first.key);
  assert.ok(fresh.outcome === 'found' && Buffer.compare(fresh.record.bytes, first.bytes) === 0);
  assert.equal(fresh.age, 0.999);
  assert.equal(nodes.asked.length, 1);
  signers.clock.advance(4001);
  const stale = await directory.find(first.key);
  assert.ok(stale.outcome === 'found' && stale.age === 5, 'it says how old it is');
  await waitFor(async () => {
    const answer = await directory.find(first.key);
    return answer.outcome === 'found' && Buffer.compare(answer.record.bytes, second.bytes) === 0;
  }, 'what was asked meanwhile');
  assert.equal(nodes.asked.length, 2, 'once, however many asked');
});

test('past its span an answer serves no more, and without a node there is none', async () => {
  const { signers, truth, nodes, directory } = await cached();
  await storeAll(truth, signers.history());
  assert.equal((await directory.find(signers.history().key)).outcome, 'found');
  nodes.set('a', () => Promise.reject(new TypeError('away')));
  signers.clock.advance(10_999);
  assert.equal((await directory.find(signers.history().key)).outcome, 'found');
  signers.clock.advance(1);
  assert.equal((await directory.find(signers.history().key)).outcome, 'unavailable');
});

test('what has ended serves no more, however fresh it is', async () => {
  const { signers, truth, nodes, directory } = await cached();
  const record = await signers.instance(1, { life: 2 });
  await storeAll(truth, signers.history(), record);
  assert.equal((await directory.find(record.key)).outcome, 'found');
  assert.deepEqual(await instancesOf(directory, signers.orders), ['i1']);
  nodes.set('a', hangs);
  signers.clock.advance(2000);
  assert.deepEqual(await instancesOf(directory, signers.orders), []);
});

test('what this client stored serves at once', async () => {
  const { signers, nodes, directory } = await cached();
  await storeAll(directory, signers.history());
  const answer = await directory.find(signers.history().key);
  assert.ok(answer.outcome === 'found');
  assert.equal(nodes.asked.length, 1);
});
