import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { MAX_QUESTION_BYTES } from '../../src/index.ts';
import { VisitRate } from '../../src/door/visit-rate.ts';
import { Doorstep, failsWith, framed } from './doorstep.ts';

const QUESTION = '{"ask":"echo","body":"hello","v":1}';

test('who does not finish the handshake, or the question, in time is put out', async () => {
  await using step = await Doorstep.open({ limits: { handshakeMs: 100, questionMs: 100 } });
  const silent = await step.plain();
  await within(once(silent.resume(), 'close'), 'its end');
  const slow = await step.secure();
  slow.write(framed(QUESTION).subarray(0, 20));
  await within(once(slow.resume(), 'close'), 'its end');
  await waitFor(() => step.turnedAway.length === 2, 'both to be told of');
  assert.deepEqual(step.turnedAway, ['handshake-timeout', 'door-slow']);
  assert.deepEqual(step.door.present, { strangers: 0, questions: 0 });
});

test('who sends a question byte by byte is put out at the same time as who sends nothing', async () => {
  await using step = await Doorstep.open({ limits: { questionMs: 150 } });
  const slow = await step.secure();
  const drip = setInterval(() => slow.write('a'), 10);
  slow.resume().write(framed('', 1000));
  try {
    await waitFor(() => slow.closed && step.turnedAway.length === 1, 'its end');
  } finally {
    clearInterval(drip);
  }
  assert.deepEqual(step.turnedAway, ['door-slow']);
});

for (const [what, bytes] of [
  ['a question that is larger than one may be', framed('', MAX_QUESTION_BYTES + 1)],
  ['a length of 4 GiB', framed('', 0xffffffff)],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
  ['no JSON', framed('hello')],
  ['no question', framed('{"v":1}')],
  ['a question of version 2', framed('{"ask":"echo","body":1,"v":2}')],
  ['a question with more in it', framed('{"ask":"echo","body":1,"more":1,"v":1}')],
  ['a question in another order', framed('{"v":1,"ask":"echo","body":1}')],
  ['JSON that is nested 10,000 deep', framed(`{"ask":"echo","body":${'['.repeat(10_000)}${']'.repeat(10_000)},"v":1}`)],
  ['an empty question', framed('')],
  ['a name twice', framed('{"ask":"echo","ask":"echo","body":1,"v":1}')],
] as const) {
  test(`${what} is refused by name`, async () => {
    await using step = await Doorstep.open();
    const visitor = await step.secure();
    const heard = gather(visitor);
    visitor.write(bytes);
    assert.match(await within(heard, 'its end'), /\{"answer":"refused","code":"door-question","v":1\}$/);
    await waitFor(() => step.turnedAway.length === 1, 'it to be told of');
    assert.deepEqual(step.turnedAway, ['door-question']);
    assert.equal(await step.knock(), 'hello');
  });
}

test('who goes half-way, resets, or speaks again while he waits is let go of', async () => {
  const asked: AbortSignal[] = [];
  await using step = await Doorstep.open({
    matters: {
      slow: ({ signal }) => {
        asked.push(signal);
        return new Promise(() => undefined);
      },
    },
  });
  const endings: readonly ((socket: Awaited<ReturnType<typeof step.secure>>) => void)[] = [
    (socket) => socket.end(),
    (socket) => socket.destroy(),
    (socket) => socket.write('x'),
  ];
  for (const [index, end] of endings.entries()) {
    const visitor = await step.secure();
    visitor.resume().write(framed('{"ask":"slow","body":1,"v":1}'));
    await waitFor(() => asked.length === index + 1, 'the question');
    end(visitor);
    await waitFor(() => asked[index]?.aborted === true && step.door.present.questions === 0, 'the door to notice');
  }
  const tcp = await step.plain();
  const reset = await step.secure(tcp);
  reset.resume().write(framed('{"ask":"slow","body":1,"v":1}'));
  await waitFor(() => asked.length === 4, 'the question');
  tcp.resetAndDestroy();
  await waitFor(() => asked[3]?.aborted === true, 'the door to notice the reset');
  const early = await step.secure();
  early.end(framed(QUESTION).subarray(0, 10));
  await waitFor(() => step.door.present.strangers === 0, 'the end of the last');
  assert.deepEqual(step.turnedAway, []);
  assert.deepEqual(step.failures, []);
});

test('an answer that nobody reads is not kept for ever', async () => {
  const body = 'x'.repeat(1_200_000);
  await using step = await Doorstep.open({ matters: { big: async () => ({ given: body }) }, limits: { answerMs: 200 } });
  const visitors = await Promise.all(Array.from({ length: 8 }, () => step.secure()));
  for (const visitor of visitors) visitor.pause().write(framed('{"ask":"big","body":1,"v":1}'));
  await waitFor(() => step.door.present.questions > 0, 'the questions');
  await waitFor(() => step.door.present.questions === 0, 'their end');
  for (const visitor of visitors) visitor.destroy();
});

test('a crowd of slow visitors does not keep good ones out', async () => {
  await using step = await Doorstep.open({ limits: { strangers: 8, strangersPerNetwork: 8, visitsPerMinute: 1000 } });
  const crowd: Socket[] = [];
  const press = setInterval(() => {
    const socket = connect({ ...step.address });
    socket.on('error', () => undefined).resume();
    crowd.push(socket);
  }, 5);
  await waitFor(() => step.turnedAway.length > 0, 'the crowd');
  for (let index = 0; index < 10; index += 1) assert.equal(await step.knock(), 'hello');
  clearInterval(press);
  assert.ok(step.door.present.strangers <= 8);
  for (const socket of crowd) socket.destroy();
});

test('of one network only so many questions wait, and one of another network is taken', async () => {
  await using step = await Doorstep.open({
    matters: { slow: () => new Promise(() => undefined), echo: async ({ body }) => ({ given: body }) },
    limits: { questionsPerNetwork: 2, questions: 3 },
  });
  const ended = new AbortController();
  const waiting = [0, 1].map(() => step.knock({ ask: 'slow', signal: ended.signal }));
  await waitFor(() => step.door.present.questions === 2, 'two to wait');
  await assert.rejects(step.knock(), failsWith('THEMIS_REFUSED_BY_PEER', 'door-crowded'));
  const aborted = waiting.map((one) => assert.rejects(one, failsWith('THEMIS_ABORTED')));
  ended.abort();
  await Promise.all(aborted);
  await waitFor(() => step.door.present.questions === 0, 'them to be gone');
  assert.equal(await step.knock(), 'hello');
});

test('who comes too often is closed unread, until time has passed', async () => {
  await using step = await Doorstep.open({ limits: { visitsPerMinute: 3 } });
  for (let index = 0; index < 3; index += 1) assert.equal(await step.knock(), 'hello');
  await assert.rejects(step.knock(), /THEMIS_HANDSHAKE_FAILED|THEMIS_DIAL_FAILED|closed|reset|disconnected/i);
  assert.deepEqual(step.turnedAway, ['door-crowded']);
});

test('visits are counted by network, and forgotten in order', () => {
  const rate = new VisitRate(2);
  const at = (network: string, seconds: number): boolean => rate.isTooMany(network, seconds * 1000);
  assert.deepEqual([at('a', 0), at('a', 0), at('a', 0), at('b', 0)], [false, false, true, false]);
  assert.deepEqual([at('a', 29), at('a', 31), at('a', 31)], [true, false, true]);
  for (let index = 0; index < 5000; index += 1) at(`n${index}`, 31);
  assert.equal(at('a', 31), false);
});

test('junk of a port scan, as such and in the first flight of TLS, ends in nothing', async () => {
  await using step = await Doorstep.open({ limits: { visitsPerMinute: 1000 } });
  const junk = [
    Buffer.alloc(1),
    Buffer.from('GET / HTTP/1.0\r\n\r\n'),
    Buffer.from('160301ffff01', 'hex'),
    Buffer.alloc(70_000, 0xff),
  ];
  for (const bytes of [...junk, Buffer.from('\u0000\u0000\u0000\u0008SMB')]) {
    const socket = await step.plain();
    socket.resume().end(bytes);
    await waitFor(() => socket.closed, 'its end');
  }
  await waitFor(() => step.door.present.strangers === 0, 'all to be gone');
  assert.equal(await step.knock(), 'hello');
  assert.deepEqual(step.failures, []);
});

/** All that a socket says until its end, as text. */
async function gather(socket: Awaited<ReturnType<Doorstep['secure']>>): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
