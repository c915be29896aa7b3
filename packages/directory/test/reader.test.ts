import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceName, ThemisError, type History, type IdentityId, type Refusal, type SignedRecord } from '@themis-mesh/core';
import {
  DirectoryReader,
  SOLE,
  type Directory,
  type FindAnswer,
  type InstancesAnswer,
  type ReaderOptions,
  type Unavailable,
} from '@themis-mesh/directory';
import { flipped, Signers } from '@themis-mesh/testkit';

/** A directory that says whatever a test tells it to. */
class LyingDirectory implements Directory {
  /** What it answers to every question. */
  says: readonly SignedRecord[] | 'unavailable' = [];

  async store(): Promise<never> {
    throw new TypeError('it stores nothing');
  }

  async find(): Promise<FindAnswer> {
    if (this.says === 'unavailable') return unavailable();
    const [record] = this.says;
    return record === undefined ? { outcome: 'not-found', sample: SOLE } : { outcome: 'found', record, age: 0, sample: SOLE };
  }

  async instances(): Promise<InstancesAnswer> {
    if (this.says === 'unavailable') return unavailable();
    return { outcome: 'found', records: this.says, complete: true, age: 0, sample: SOLE };
  }

  async *watch(): AsyncGenerator<SignedRecord, void, void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

function unavailable(): Unavailable {
  return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'a test says so') };
}

interface World {
  readonly signers: Signers;
  readonly directory: LyingDirectory;
  readonly reader: DirectoryReader;
  readonly remembered: Map<IdentityId, History>;
  readonly refusals: Refusal[];
}

async function world(options: Partial<ReaderOptions> = {}): Promise<World> {
  const signers = await Signers.create();
  const directory = new LyingDirectory();
  const refusals: Refusal[] = [];
  const remembered = new Map([[signers.orders.id, signers.orders.history]]);
  const reader = new DirectoryReader({
    directory,
    app: signers.app.id,
    remembered: (id) => remembered.get(id),
    now: () => signers.now,
    onRefused: (_key, refusal) => void refusals.push(refusal),
    ...options,
  });
  return { signers, directory, reader, remembered, refusals };
}

async function portsOf({ reader, signers }: World): Promise<readonly (number | undefined)[]> {
  const read = await reader.instances(signers.orders.id);
  assert.ok(read.outcome === 'found');
  return read.value.map(({ endpoints }) => endpoints[0]?.port);
}

const at = (port: number) => ({ endpoints: [{ host: '127.0.0.1', port, alpn: ['http/1.1'] }] });

test('a reader that has seen a record never returns an older one', async () => {
  const here = await world();
  const { signers, directory, reader } = here;
  const leaf = await signers.app.leaf('orders');
  const [older, newer] = [await signers.instance(1, { leaf, ...at(1) }), await signers.instance(2, { leaf, ...at(2) })];
  directory.says = [newer];
  assert.deepEqual(await portsOf(here), [2]);
  directory.says = [older];
  assert.deepEqual(await portsOf(here), [2]);
  directory.says = [older, newer, older];
  assert.deepEqual(await portsOf(here), [2], 'nor one of them twice');

  const charter = signers.charter();
  await signers.app.remove('payments');
  directory.says = [signers.charter()];
  assert.equal((await reader.app(signers.app.id)).outcome, 'found');
  directory.says = [charter];
  const read = await reader.app(signers.app.id);
  assert.ok(read.outcome === 'found' && read.stale);
  assert.equal(read.value.charter.digest, signers.app.state.charter.digest);
});

test('a history is never taken back behind the one remembered, also by a new reader', async () => {
  const heard: number[] = [];
  const { signers, directory, reader, remembered } = await world({ onHistory: ({ seq }) => heard.push(seq) });
  const before = signers.history();
  await signers.orders.rotate(signers.now, 0);
  directory.says = [signers.history()];
  const further = await reader.history(signers.orders.id);
  assert.ok(further.outcome === 'found' && !further.stale && further.value.seq === 1);
  assert.deepEqual(heard, [1], 'who remembers is told');
  remembered.set(signers.orders.id, signers.orders.history);
  const fresh = await world({ remembered: (id) => remembered.get(id) });
  fresh.directory.says = [before];
  const read = await fresh.reader.history(signers.orders.id);
  assert.ok(read.outcome === 'found' && read.stale && read.value.seq === 1);
});

test('a record that is not of the key asked for, forged, cut short or of another app is not believed', async () => {
  const here = await world();
  const { signers, directory, reader, refusals } = here;
  const payments = signers.app.service('payments');
  const stranger = await Signers.create(signers.clock);
  const own = await signers.instance(1);
  const lies: readonly SignedRecord[] = [
    flipped(own, 999),
    { ...own, bytes: own.bytes.subarray(1) },
    { ...own, key: { ...own.key, kind: 'service' } },
    { ...own, bytes: (await signers.instance(1, { of: payments })).bytes },
    { ...own, bytes: (await signers.instance(1, { instance: 'i2' })).bytes },
    await signers.instance(1, { of: payments }),
    await signers.instance(1, { app: stranger.app.id }),
    await stranger.instance(1),
    signers.history(),
    signers.charter(),
  ];
  for (const lie of lies) {
    directory.says = [lie];
    assert.deepEqual(await portsOf(here), [], lie.key.kind);
  }
  assert.ok(refusals.some(({ code }) => code === 'record-other-app'));
  directory.says = [stranger.charter()];
  assert.equal((await reader.app(signers.app.id)).outcome, 'not-found');
  directory.says = [signers.history(payments)];
  const read = await reader.history(signers.orders.id);
  assert.ok(read.outcome === 'found' && read.stale && read.value.id === signers.orders.id);
});

test('a fork changes nothing and is told', async () => {
  const here = await world();
  const { signers, directory, refusals } = here;
  const leaf = await signers.app.leaf('orders');
  directory.says = [await signers.instance(1, { leaf, ...at(1) })];
  assert.deepEqual(await portsOf(here), [1]);
  directory.says = [await signers.instance(1, { leaf, ...at(2) })];
  assert.deepEqual(await portsOf(here), [1]);
  assert.equal(refusals.filter(({ code }) => code === 'record-forked').length, 1);
});

test('what was signed under stolen keys is believed no more when the history is known', async () => {
  const here = await world();
  const { signers, directory, remembered } = here;
  directory.says = [await signers.instance(1)];
  assert.deepEqual(await portsOf(here), [8443]);
  await signers.orders.rotate(signers.now, 0);
  remembered.set(signers.orders.id, signers.orders.history);
  assert.deepEqual(await portsOf(here), []);
});

test('what has ended is gone, and what was seen serves while the directory does not answer', async () => {
  const here = await world();
  const { signers, directory, reader } = here;
  const id = signers.app.id;
  directory.says = 'unavailable';
  assert.equal((await reader.app(id)).outcome, 'unavailable');
  assert.equal((await reader.instances(signers.orders.id)).outcome, 'unavailable');
  directory.says = [signers.charter()];
  await reader.app(id);
  for (const says of ['unavailable', []] as const) {
    directory.says = says;
    const read = await reader.app(id);
    assert.ok(read.outcome === 'found' && read.stale);
  }
  directory.says = [await signers.instance(1)];
  assert.deepEqual(await portsOf(here), [8443]);
  signers.clock.advance(61_000);
  assert.deepEqual(await portsOf(here), []);
});

test('a name means whom the charter names, and nobody who only says so', async () => {
  const { signers, directory, reader } = await world();
  const [orders, other] = [ServiceName.parse('orders'), ServiceName.parse('other')];
  assert.ok(orders !== undefined && other !== undefined);
  const { charter } = signers.app.state;
  directory.says = [await signers.instance(1)];
  const read = await reader.instancesByName(orders, charter);
  assert.ok(read.outcome === 'found' && read.value.length === 1);
  assert.equal((await reader.instancesByName(other, charter)).outcome, 'not-found');
  await signers.app.remove('orders');
  assert.equal((await reader.instancesByName(orders, signers.app.state.charter)).outcome, 'not-found');
});

test('where the charter asks for newer keys than are known, nobody is found under the older ones', async () => {
  const { signers, directory, reader } = await world();
  const orders = ServiceName.parse('orders') ?? assert.fail();
  directory.says = [await signers.instance(1)];
  await signers.orders.rotate(signers.now, 3600);
  await signers.app.revise(({ members }) => ({
    members: members.map((member) => (member.name === orders ? signers.orders.member : member)),
  }));
  const read = await reader.instancesByName(orders, signers.app.state.charter);
  assert.ok(read.outcome === 'found' && read.value.length === 0);
});
