import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { waitFor } from '@themis-mesh/testkit';
import { deadlineFields, parseDeadline, parseGrpcTimeout, timeLeft } from '../../src/traffic/deadline.ts';
import { rejectsWith } from '../expect-code.ts';
import { TestHome } from '../test-home.ts';

test('what is left is whole milliseconds, never none', () => {
  assert.deepEqual(deadlineFields(1500.7, 1000), ['x-themis-deadline', '500']);
  assert.deepEqual(deadlineFields(1000.2, 1000), ['x-themis-deadline', '1']);
});

test('deadlines are read strictly, and bounded', () => {
  for (const [text, wanted] of [
    ['0', 0],
    ['1500', 1500],
    ['9999999999', 86_400_000],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    [' 1', undefined],
    ['1e3', undefined],
    ['99999999999', undefined],
  ] as const) {
    assert.equal(parseDeadline(text), wanted, text);
  }
  for (const [text, wanted] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['5000u', 5],
    ['99999999H', 86_400_000],
    ['999999999m', undefined],
    ['5', undefined],
    ['5x', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(parseGrpcTimeout(text), wanted, text);
  }
  assert.equal(timeLeft(['X-Themis-Deadline', '700', 'grpc-timeout', '500m', 'x-themis-deadline', 'x']), 500);
  fc.assert(fc.property(fc.array(fc.string()), (fields) => (timeLeft(fields) ?? 0) >= 0));
});

test('a call ends at its deadline, which its callee knows and is cancelled by', async () => {
  await using home = await TestHome.create('web', 'payments');
  const seen: (number | undefined)[] = [];
  let cancelled = 0;
  await home.serve('payments', (request) => {
    seen.push(request.deadline?.left);
    request.deadline?.signal.addEventListener('abort', () => (cancelled += 1));
  });
  const web = await home.join('web');
  const start = performance.now();
  await rejectsWith(web.fetch('https://payments/', { headers: { 'x-themis-deadline': '300' } }), 'THEMIS_DEADLINE_PASSED');
  const took = performance.now() - start;
  assert.ok(took >= 290 && took < 3000, `${took} ms`);
  assert.equal(seen.length, 1);
  assert.ok((seen[0] ?? 0) > 0 && (seen[0] ?? 0) <= 300, `${seen[0]} ms are left`);
  await waitFor(() => cancelled === 1, 'the callee to hear of it');
});

test('gRPC says the same in its own field, which is sent on', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    response.end(`${String(request.headers['grpc-timeout'])} ${String((request.deadline?.left ?? 0) > 100)}`);
  });
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/', { headers: { 'grpc-timeout': '5S' } })).text(), '5S true');
});

test('a request whose time is over is answered 504 and never reaches the listener', async () => {
  await using home = await TestHome.create('web', 'payments');
  let reached = 0;
  const { server } = await home.serve('payments', (_, response) => {
    reached += 1;
    response.end();
  });
  const channel = await home.channel('web', server.address()?.port ?? 0);
  channel.socket.write('GET / HTTP/1.1\r\nhost: payments\r\nx-themis-deadline: 0\r\n\r\n');
  let text = '';
  channel.socket.on('data', (data: Buffer) => (text += data.toString()));
  await waitFor(() => text.includes('}'), 'an answer');
  channel.cut();
  assert.match(text, /^HTTP\/1\.1 504 /);
  assert.match(text, /x-themis-error: THEMIS_DEADLINE_PASSED/);
  assert.equal(reached, 0);
});

test('a call made while serving a request ends with that request', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  let left: number | undefined;
  await home.serve('payments', (request, response) => {
    left = request.deadline?.left;
    response.end('paid');
  });
  const { mesh: orders } = await home.serve('orders', (_, response) => {
    const pay = async (): Promise<void> => void response.end(await (await orders.fetch('https://payments/')).text());
    void pay();
  });
  const web = await home.join('web');
  const answer = await web.fetch('https://orders/', { headers: { 'x-themis-deadline': '60000' } });
  assert.equal(await answer.text(), 'paid');
  assert.ok((left ?? 0) > 30_000 && (left ?? 0) <= 60_000, `${left} ms are left`);
  assert.equal(await (await web.fetch('https://orders/')).text(), 'paid');
  assert.equal(left, undefined, 'without one there is none to inherit');
});

test('a time-out in the rules is a deadline, also for the body', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => {
    response.write('a beginning');
  });
  const web = await home.join('web', { traffic: { payments: { timeoutMs: 250 } } });
  const response = await web.fetch('https://payments/');
  assert.equal(response.status, 200);
  await rejectsWith(response.text(), 'THEMIS_DEADLINE_PASSED');
});

test('one try that takes too long is repeated elsewhere, where that does no harm', async () => {
  await using home = await TestHome.create('web', 'payments');
  const asked: string[] = [];
  await home.serve('payments', ({ method = '' }) => void asked.push(method));
  await home.serve('payments', (_, response) => response.end('ok'));
  const web = await home.join('web', { traffic: { payments: { tryTimeoutMs: 1000, outliers: { consecutive: 0 } } } });
  for (let call = 0; call < 6; call += 1) assert.equal((await web.fetch('https://payments/')).status, 200);
  const posts = await Promise.allSettled(
    Array.from({ length: 12 }, () => web.fetch('https://payments/', { method: 'POST', body: 'x' })),
  );
  const failed = posts.filter(({ status }) => status === 'rejected').length;
  assert.equal(failed, asked.filter((method) => method === 'POST').length, 'none was sent twice');
  asked.length = 0;
  const safe = { method: 'POST', body: 'x', headers: { 'x-themis-retry': 'safe' } };
  await Promise.all(
    Array.from({ length: 12 }, async () => assert.equal((await web.fetch('https://payments/', safe)).status, 200)),
  );
});

test('a declaration for the mesh is not sent on', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => response.end(String('x-themis-retry' in request.headers)));
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/', { headers: { 'x-themis-retry': 'safe' } })).text(), 'false');
});
