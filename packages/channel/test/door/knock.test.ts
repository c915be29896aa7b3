import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, mintIdentityCertificate, type Json } from '@themis-mesh/core';
import { makeLeaf, ManualClock, skewed, TestApp, TestService, waitFor, within, withChain } from '@themis-mesh/testkit';
import { encodeAnswer, knock, secureContextOptions, type KnockOptions } from '../../src/index.ts';
import { decodeQuestion, decodeReply, encodeMessage } from '../../src/door/message.ts';
import { Doorstep, failsWith, framed } from './doorstep.ts';

test('what is asked is answered, and the connection ends', async () => {
  await using step = await Doorstep.open();
  assert.equal(await step.knock(), 'hello');
  assert.deepEqual(await step.knock({ body: { a: [1, null, 'x'] } }), { a: [1, null, 'x'] });
  await waitFor(() => step.door.present.strangers + step.door.present.questions === 0, 'nobody to be left');
  assert.deepEqual(step.turnedAway, []);
});

test('the largest answer comes whole', async () => {
  const body = 'x'.repeat(1_200_000);
  await using step = await Doorstep.open({ matters: { big: async () => ({ given: body }) } });
  assert.equal(await step.knock({ ask: 'big' }), body);
});

test('a door of another identity hears not a byte of the question', async () => {
  const heard: Json[] = [];
  await using step = await Doorstep.open({ matters: { echo: async ({ body }) => ({ given: heard.push(body) }) } });
  const other = await TestService.create('other', 1_790_000_000);
  const knocking = step.knock({ expect: { id: other.id }, body: 'secret' });
  await assert.rejects(knocking, failsWith('THEMIS_PEER_REFUSED', 'history-other-id'));
  await waitFor(() => step.door.present.strangers === 0, 'its end');
  assert.deepEqual(heard, []);
});

test('superseded keys open no door for who knows of the newer ones', async () => {
  await using step = await Doorstep.open();
  await step.keeper.rotate(Math.floor(Date.now() / 1000), 3600);
  const { point } = step.keeper.history;
  const knocking = step.knock({ expect: { id: step.keeper.id, least: point } });
  await assert.rejects(knocking, failsWith('THEMIS_PEER_REFUSED', 'history-behind-checkpoint'));
  step.credentials.swap(await step.app.leaf(step.keeper, { membership: false }));
  assert.equal(await step.knock({ expect: { id: step.keeper.id, least: point } }), 'hello');
});

test('a leaf of the app itself opens its door, and nobody in the mesh takes it for a member', async () => {
  await using step = await Doorstep.open();
  const { app } = step;
  const now = Math.floor(Date.now() / 1000);
  const identity = await mintIdentityCertificate({ history: app.history, signer: app.owner });
  const plan = { history: app.history, signer: app.owner, identity, instance: 'door-1', membership: undefined, now, ttl: 60 };
  const leaf = await makeLeaf(plan);
  step.credentials.swap(leaf);
  assert.equal(await step.knock({ expect: { id: app.id, least: app.history.point } }), 'hello');
  const verdict = app.trust().authenticate([leaf.leaf, leaf.identity], now);
  // A stranger whose certificates are good: of no name, so that no policy for members admits it.
  assert.ok(verdict.ok);
  assert.deepEqual([verdict.value.id, verdict.value.name], [app.id, undefined]);
});

test('certificates that are no chain of the keeper', async () => {
  await using step = await Doorstep.open();
  const good = step.credentials.current;
  const other = await TestService.create('other', Math.floor(Date.now() / 1000));
  const theirs = await step.app.leaf(other, { membership: false });
  const past = await step.app.leaf(step.keeper, { membership: false, now: Math.floor(Date.now() / 1000) - 7200, ttl: 60 });
  const cases = [
    [withChain(good, [good.leaf]), 'chain-identity-missing'],
    [withChain(good, [good.leaf, theirs.identity]), 'leaf-other-identity'],
    [withChain(theirs, [theirs.leaf, good.identity]), 'leaf-other-identity'],
    [withChain(good, [good.leaf, good.identity, good.identity]), 'chain-third-certificate'],
    [past, 'leaf-expired'],
  ] as const;
  for (const [credentials, reason] of cases) {
    step.credentials.swap(credentials);
    await assert.rejects(step.knock(), failsWith('THEMIS_PEER_REFUSED', reason), reason);
  }
});

test('clocks that differ are told of', async () => {
  const clock = new ManualClock();
  await using step = await Doorstep.open({ clock });
  await assert.rejects(step.knock({ clock: skewed(clock, -600_000) }), failsWith('THEMIS_CLOCK_SKEW', 'leaf-not-yet-valid'));
  await assert.rejects(step.knock({ clock: skewed(clock, 61_000) }), failsWith('THEMIS_CLOCK_SKEW'));
});

test('what a door refuses, does not know, or fails at is told by its code', async () => {
  const failure = new Error('a disk');
  await using step = await Doorstep.open({
    matters: {
      no: async () => ({ refused: 'admission-denied' }),
      broken: async () => {
        throw failure;
      },
    },
  });
  await assert.rejects(step.knock({ ask: 'no' }), failsWith('THEMIS_REFUSED_BY_PEER', 'admission-denied'));
  await assert.rejects(step.knock({ ask: 'what' }), failsWith('THEMIS_REFUSED_BY_PEER', 'door-unknown'));
  await assert.rejects(step.knock({ ask: 'constructor' }), failsWith('THEMIS_REFUSED_BY_PEER', 'door-unknown'));
  await assert.rejects(step.knock({ ask: 'broken' }), failsWith('THEMIS_REFUSED_BY_PEER', 'door-failed'));
  await waitFor(() => step.turnedAway.length === 4, 'all to be told of');
  assert.deepEqual(step.turnedAway, ['admission-denied', 'door-unknown', 'door-unknown', 'door-failed']);
  assert.deepEqual(step.failures, [failure]);
});

test('who waits is told so, and who gives up is noticed', async () => {
  const signals: AbortSignal[] = [];
  await using step = await Doorstep.open({
    matters: {
      slow: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    },
  });
  const waiting = Promise.withResolvers<void>();
  const ended = new AbortController();
  const knocking = step.knock({ ask: 'slow', signal: ended.signal, onWaiting: waiting.resolve });
  await within(waiting.promise, 'to be told to wait');
  assert.deepEqual(step.door.present, { strangers: 0, questions: 1 });
  ended.abort();
  await assert.rejects(knocking, failsWith('THEMIS_ABORTED'));
  await waitFor(() => signals[0]?.aborted === true && step.door.present.questions === 0, 'the door to notice');
});

test('a door that closes tells who waits', async () => {
  const step = await Doorstep.open({ matters: { slow: () => new Promise(() => undefined) } });
  const waiting = Promise.withResolvers<void>();
  const knocking = step.knock({ ask: 'slow', onWaiting: waiting.resolve });
  await waiting.promise;
  const [said] = await Promise.all([
    assert.rejects(knocking, failsWith('THEMIS_REFUSED_BY_PEER', 'door-closed')),
    step[Symbol.asyncDispose](),
  ]);
  assert.equal(said, undefined);
  await assert.rejects(step.knock(), failsWith('THEMIS_DIAL_FAILED'));
});

for (const [what, said] of [
  ['nothing', []],
  ['half an answer', [framed('{"answer":"given"', 400)]],
  ['an answer that is too large', [framed('', 0x7fffffff)]],
  ['what is no JSON', [framed('hello')]],
  ['an answer of version 2', [framed('{"answer":"given","body":1,"v":2}')]],
  ['an answer with more in it', [framed('{"answer":"given","body":1,"more":1,"v":1}')]],
  ['an answer in another order', [framed('{"v":1,"answer":"given","body":1}')]],
  ['a refusal whose code could command a terminal', [framed(`{"answer":"refused","code":"${'\\u001b'}[2J","v":1}`)]],
] as const) {
  test(`a keeper that says ${what} is no danger to who knocks`, async () => {
    await using keeper = await lyingKeeper(Buffer.concat([encodeAnswer(Date.now()), ...said]));
    await assert.rejects(keeper.knock(), failsWith('THEMIS_CONNECTION_LOST'));
  });
}

test('a listener that is no door', async () => {
  await using step = await Doorstep.open();
  const server = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { readonly port: number };
  await assert.rejects(step.knock({ address: { host: '127.0.0.1', port } }), failsWith('THEMIS_HANDSHAKE_FAILED'));
  server.close();
  await assert.rejects(step.knock({ address: { host: '127.0.0.1', port } }), failsWith('THEMIS_DIAL_FAILED'));
});

test('nobody knocks without saying whose door it has to be', () => {
  // Never run: these are tests of the types.
  const knockAnywhere = (options: Omit<KnockOptions, 'expect'>): readonly Promise<Json>[] => [
    // @ts-expect-error: `expect` is missing
    knock(options),
    // @ts-expect-error: nobody is no expectation
    knock({ ...options, expect: undefined }),
  ];
  assert.equal(typeof knockAnywhere, 'function');
});

test('questions and replies are read back as they were, and other bytes are refused', () => {
  const body = fc.jsonValue().filter(isOurs);
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,64}$/), body, (ask, json) => {
      const message = { ask, body: json as Json };
      assert.equal(canonicalJson(decodeQuestion(encodeMessage(message).subarray(4)) as unknown as Json), canonicalJson(message));
      const reply = { answer: 'given', body: json as Json } as const;
      assert.equal(JSON.stringify(decodeReply(encodeMessage(reply).subarray(4))) !== undefined, true);
    }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        assert.equal(decodeQuestion(bytes), undefined);
        assert.equal(decodeReply(bytes), undefined);
      },
    ),
  );
});

function isOurs(json: unknown): boolean {
  try {
    canonicalJson(json as Json);
    return true;
  } catch {
    return false;
  }
}

/** Somebody with good certificates who says anything, and then ends. */
async function lyingKeeper(said: Buffer): Promise<AsyncDisposable & { knock(): Promise<Json> }> {
  const app = await TestApp.found([]);
  const keeper = await TestService.create('keeper', Math.floor(Date.now() / 1000));
  const leaf = await app.leaf(keeper, { membership: false });
  const server = createTlsServer({ ALPNProtocols: ['themis-door/1'], ...secureContextOptions(leaf) }, (socket) => {
    socket.on('error', () => undefined).resume();
    socket.end(said);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { readonly port: number };
  return {
    knock: () => within(knock({ address: { host: '127.0.0.1', port }, expect: { id: keeper.id }, ask: 'echo', body: 1 })),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
