import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  appStateBytes,
  historyBytes,
  nextCharter,
  signHead,
  Trust,
  type AppState,
  type History,
  type RecordKey,
} from '@themis-mesh/core';
import { DirectoryReader, type Directory } from '@themis-mesh/directory';
import { ManualClock, MemoryHistories, TestApp } from '@themis-mesh/testkit';
import { News, type NewsOptions } from '../src/world/news.ts';

/** A directory of two records, which counts how often it is asked for the charter. */
class Shelf implements Directory {
  app: AppState;
  history: History | undefined;
  head: Uint8Array | undefined;
  asked = 0;
  answer: () => Promise<void> = () => Promise.resolve();

  constructor(app: AppState) {
    this.app = app;
  }

  readonly store: Directory['store'] = () => Promise.reject(new TypeError('nothing is stored here'));
  readonly instances: Directory['instances'] = () => Promise.reject(new TypeError('there are none'));

  readonly find: Directory['find'] = async (key) => {
    if (key.kind === 'charter') this.asked += 1;
    await this.answer();
    const bytes = this.#bytesOf(key);
    const sample = { answered: 1, of: 1 };
    return bytes === undefined ? { outcome: 'not-found', sample } : { outcome: 'found', record: { key, bytes }, age: 0, sample };
  };

  #bytesOf(key: RecordKey): Uint8Array | undefined {
    if (key.kind === 'charter') return appStateBytes(this.app);
    return key.kind === 'head' ? this.head : this.history && historyBytes(this.history);
  }

  async *watch(_: unknown, signal: AbortSignal): AsyncGenerator<never, void, void> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

interface Bed extends Disposable {
  readonly app: TestApp;
  readonly shelf: Shelf;
  readonly clock: ManualClock;
  readonly trust: Trust;
  readonly news: News;
  readonly heard: string[];
}

async function bed(options: Partial<NewsOptions> & { readonly strict?: boolean } = {}): Promise<Bed> {
  const clock = new ManualClock();
  const app = await TestApp.found(['web', 'payments'], clock);
  const seen = new MemoryHistories();
  const { strict = false, ...rest } = options;
  const trust = new Trust({ app: app.state, seen, strict });
  const shelf = new Shelf(app.state);
  const heard: string[] = [];
  const reader = new DirectoryReader({
    ...{ directory: shelf, remembered: (id) => seen.get(id), now: () => clock.seconds },
    onRefused: (_, { code }) => heard.push(code),
  });
  const news = new News({
    ...{ app: app.id, trust, reader, directory: shelf, clock, peers: () => [] },
    onCharter: () => heard.push('charter'),
    onKeys: () => heard.push('keys'),
    onAlarm: ({ code }) => heard.push(code),
    onUnavailable: ({ code }) => heard.push(code),
    ...rest,
  });
  return { app, shelf, clock, trust, news, heard, [Symbol.dispose]: () => news[Symbol.dispose]() };
}

test('a newer charter is taken once, an older one never', async () => {
  using it = await bed();
  const { app, shelf, news, heard } = it;
  const first = app.state;
  await news.refresh();
  assert.deepEqual(heard, []);
  shelf.app = await app.remove('web');
  await news.refresh();
  await news.refresh();
  assert.deepEqual(heard.splice(0), ['charter']);
  shelf.app = first;
  await news.refresh();
  assert.deepEqual(heard, ['THEMIS_DIRECTORY_UNAVAILABLE'], 'a directory that is behind is told of');
});

test('of two charters with one sequence the first stays, and the other is told of', async () => {
  using it = await bed();
  const { app, shelf, news, heard, clock } = it;
  const { members, removed, admitters, timekeepers, imports, policies } = app.state.charter.claims;
  const contents = { members, removed, admitters, timekeepers, imports, policies };
  const sign = (next: typeof contents): Promise<AppState> =>
    nextCharter(app.state, app.history, [app.owner], next, { now: clock.seconds });
  const [first, other] = [await sign(contents), await sign({ ...contents, members: members.slice(1) })];
  for (const state of [first, other, first]) {
    shelf.app = state;
    await news.refresh();
  }
  assert.deepEqual(heard.slice(0, 2), ['charter', 'record-forked']);
  assert.equal(it.trust.app.charter.digest, first.charter.digest);
});

test('newer keys of whoever is connected are asked for, and taken once', async () => {
  const app: { current?: TestApp } = {};
  using it = await bed({ peers: () => (app.current === undefined ? [] : [app.current.service('web').id]) });
  app.current = it.app;
  const { shelf, news, heard, clock } = it;
  shelf.history = it.app.service('web').history;
  await news.refresh();
  await it.app.service('web').rotate(clock.seconds, 0);
  shelf.history = it.app.service('web').history;
  await news.refresh();
  await news.refresh();
  assert.deepEqual(heard, ['keys', 'keys'], 'the first history, and the one that goes further');
});

test('the word of the timekeepers is heard, which strict verifiers wait for', async () => {
  using it = await bed({ strict: true });
  const { app, shelf, news, trust, clock } = it;
  const clerk = app.service('payments');
  shelf.app = await app.revise(() => ({ timekeepers: [{ id: clerk.id, min: clerk.history.point }] }));
  shelf.history = clerk.history;
  const leaf = await app.leaf('web');
  const judged = (): string => {
    const verdict = trust.authenticate([leaf.leaf, leaf.identity], clock.seconds);
    return verdict.ok ? 'believed' : verdict.refusal.code;
  };
  await news.refresh();
  assert.equal(judged(), 'freshness');
  const { sequence: charter, digest } = app.state.charter;
  const times = { iat: clock.seconds, exp: clock.seconds + 300 };
  shelf.head = (await signHead({ app: app.id, charter, digest, ...times }, clerk.signer)).bytes;
  await news.refresh();
  assert.equal(judged(), 'believed');
  clock.advance(301_000);
  assert.equal(judged(), 'freshness');
});

test('it looks from time to time, and when asked; calls that wait are served together', async () => {
  using it = await bed();
  const { shelf, news, clock } = it;
  news.start();
  await news.refresh();
  const before = shelf.asked;
  clock.advance(30_000);
  await news.refresh();
  assert.ok(shelf.asked > before);
  const { promise, resolve } = Promise.withResolvers<void>();
  shelf.answer = () => promise;
  shelf.asked = 0;
  const all = Array.from({ length: 100 }, () => news.refresh());
  resolve();
  await Promise.all(all);
  assert.equal(shelf.asked, 2, 'the one under way, and one for all that came meanwhile');
});

test('strangers cannot keep the directory busy', async () => {
  using it = await bed();
  const { shelf, news, clock } = it;
  for (let refusal = 0; refusal < 1000; refusal += 1) news.hint('membership-key-sequence');
  for (let refusal = 0; refusal < 1000; refusal += 1) news.hint('leaf-signature');
  await news.refresh();
  assert.ok(shelf.asked <= 2, `${shelf.asked} looks`);
  shelf.asked = 0;
  news.hint('member-name');
  await Promise.resolve();
  assert.equal(shelf.asked, 0, 'not within a second');
  clock.advance(1000);
  news.hint('leaf-signature');
  assert.equal(shelf.asked, 0, 'and not for what news cannot turn');
  news.hint('member-name');
  assert.equal(shelf.asked, 1);
});

test('after its end it looks no more', async () => {
  const { shelf, news, clock } = await bed();
  news.start();
  await news.refresh();
  news[Symbol.dispose]();
  shelf.asked = 0;
  clock.advance(120_000);
  await news.refresh();
  assert.equal(shelf.asked, 0);
  assert.equal(clock.pending, 0);
});
