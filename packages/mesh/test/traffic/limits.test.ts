import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { waitFor } from '@themis-mesh/testkit';
import { Gate } from '../../src/traffic/gate.ts';
import { TokenBucket } from '../../src/traffic/token-bucket.ts';
import { WaitingRoom } from '../../src/traffic/waiting-room.ts';
import { rejectsWith } from '../expect-code.ts';
import { serviceName, TestHome } from '../test-home.ts';

test('a bucket gives no more than its burst and its rate in any span', () => {
  const steps = fc.array(fc.nat(500), { maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      const bucket = new TokenBucket(perSecond, burst, 0);
      const taken: number[] = [];
      let now = 0;
      for (const wait of waits) {
        now += wait;
        const left = bucket.take(now);
        if (left === 0) taken.push(now);
        else assert.equal(new TokenBucket(perSecond, burst, 0).take(0), 0);
      }
      for (const from of taken) {
        const within = taken.filter((time) => time >= from && time <= from + 1000).length;
        assert.ok(within <= burst + perSecond + 1e-6, `${within} in a second`);
      }
    }),
  );
});

test('a bucket says when there will be a token', () => {
  const bucket = new TokenBucket(2, 1, 0);
  assert.equal(bucket.take(0), 0);
  assert.equal(bucket.take(0), 500);
  assert.equal(bucket.take(100), 400);
  assert.equal(bucket.take(500), 0);
});

test('a gate holds each caller to its own rate, and all together to what is under way', () => {
  const gate = new Gate({ underWay: 3, perCaller: { perSecond: 1, burst: 2 }, callers: { batch: { perSecond: 1 } } });
  assert.equal(gate.admit('batch', 0), undefined);
  assert.deepEqual(gate.admit('batch', 0), { code: 'THEMIS_RATE_LIMITED', status: 429, retryAfter: 1 });
  assert.equal(gate.admit('web', 0), undefined);
  assert.equal(gate.admit('web', 0), undefined);
  assert.deepEqual(gate.admit('web', 5000), { code: 'THEMIS_OVERLOADED', status: 503, retryAfter: 1 });
  gate.leave();
  assert.equal(gate.admit('web', 5000), undefined);
  gate.limits = undefined;
  assert.equal(gate.admit('web', 5000), undefined);
  assert.equal(gate.admit('constructor', 5000), undefined);
});

test('never are there more under way at a gate than its limit', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      const gate = new Gate({ underWay: limit });
      let inside = 0;
      for (const isEntry of steps) {
        if (isEntry && gate.admit('web', 0) === undefined) inside += 1;
        else if (!isEntry && inside > 0) {
          gate.leave();
          inside -= 1;
        }
        assert.equal(gate.underWay, inside);
        assert.ok(inside <= limit);
      }
    }),
  );
});

test('a waiting room lets in, in order, as many as there are places', async () => {
  const room = new WaitingRoom();
  room.rules = { calls: 2, waiting: 2, waitMs: 60_000 };
  const service = serviceName('payments');
  assert.equal(room.enter(service, undefined), undefined);
  assert.equal(room.enter(service, undefined), undefined);
  const order: string[] = [];
  const gone = new AbortController();
  const leaver = room.enter(service, gone.signal);
  const third = room.enter(service, undefined)?.then(() => order.push('third'));
  assert.throws(() => room.enter(service, undefined), { code: 'THEMIS_TOO_MANY_CALLS' });
  gone.abort(new Error('gone'));
  await assert.rejects(leaver ?? Promise.resolve(), /gone/);
  assert.equal(room.waiting, 1);
  room.leave();
  await third;
  assert.deepEqual([order, room.underWay, room.waiting], [['third'], 2, 0]);
  room.rules = undefined;
  assert.equal(room.enter(service, undefined), undefined);
});

test('an instance sheds what is too much, cheaply and with a reason', async () => {
  await using home = await TestHome.create('web', 'payments');
  const held: (() => void)[] = [];
  const traffic = { payments: { limits: { underWay: 2 } } };
  await home.serve('payments', (_, response) => void held.push(() => response.end('ok')), { traffic });
  const web = await home.join('web');
  const first = [web.fetch('https://payments/1'), web.fetch('https://payments/2')];
  await waitFor(() => held.length === 2, 'two under way');
  const third = await web.fetch('https://payments/3', { method: 'POST', body: 'x' });
  assert.deepEqual(
    [third.status, third.headers.get('retry-after'), third.headers.get('x-themis-error')],
    [503, '1', 'THEMIS_OVERLOADED'],
  );
  assert.match(await third.text(), /"error":"THEMIS_OVERLOADED"/);
  for (const end of held) end();
  for (const response of await Promise.all(first)) assert.equal(await response.text(), 'ok');
  let status: number | undefined;
  const again = async (): Promise<void> => {
    do status = (await web.fetch('https://payments/4')).status;
    while (status === 503);
  };
  const taken = again();
  await waitFor(() => held.length === 3, 'a place that is free again');
  held[2]?.();
  await taken;
  assert.equal(status, 200);
});

test('each caller has its own rate', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const traffic = { payments: { limits: { perCaller: { perSecond: 1, burst: 2 } } } };
  await home.serve('payments', (_, response) => response.end('ok'), { traffic });
  for (const name of ['web', 'orders']) {
    const mesh = await home.join(name);
    const statuses = [];
    for (let call = 0; call < 4; call += 1) {
      const response = await mesh.fetch('https://payments/');
      await response.text();
      statuses.push(response.status);
    }
    assert.deepEqual(statuses.slice(0, 2), [200, 200]);
    assert.ok(statuses.includes(429), statuses.join());
  }
});

test('an upgrade is turned away as well', async () => {
  await using home = await TestHome.create('web', 'payments');
  const traffic = { payments: { limits: { underWay: 1 } } };
  const { server } = await home.serve('payments', (_, response) => response.end(), { traffic });
  server.on('upgrade', (_, socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  );
  const web = await home.join('web');
  const service = serviceName('payments');
  const headers = ['connection', 'upgrade', 'upgrade', 'x'];
  const taken = await web.send({ service, method: 'GET', path: '/', headers });
  assert.equal(taken.upgraded !== undefined, true);
  const turned = await web.send({ service, method: 'GET', path: '/', headers });
  assert.equal(turned.message.statusCode, 503);
  turned.message.resume();
  taken.upgraded?.socket.destroy();
});

test('a caller bounds what it has under way, and lets so many wait', async () => {
  await using home = await TestHome.create('web', 'payments');
  const held: (() => void)[] = [];
  let most = 0;
  let now = 0;
  await home.serve('payments', (_, response) => {
    most = Math.max(most, (now += 1));
    held.push(() => {
      now -= 1;
      response.end('ok');
    });
  });
  const traffic = { payments: { atOnce: { calls: 2, waiting: 3, waitMs: 60_000 } } };
  const web = await home.join('web', { traffic });
  const calls = Array.from({ length: 5 }, async () => (await web.fetch('https://payments/')).text());
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_TOO_MANY_CALLS');
  for (let answered = 0; answered < 5; answered += 1) {
    await waitFor(() => held.length > answered, 'the next call');
    held[answered]?.();
  }
  assert.deepEqual(await Promise.all(calls), ['ok', 'ok', 'ok', 'ok', 'ok']);
  assert.equal(most, 2);
});
