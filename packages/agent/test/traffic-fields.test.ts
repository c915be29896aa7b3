import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { freePort, within } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

const FIELDS = { 'x-themis-deadline': '5000', 'x-themis-mirror': '1', x_themis_deadline: '1', 'x-themis-other': '1' };

/** Asks over a plain port. @returns the answer's head and body */
async function ask(
  port: number,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<{ readonly message: IncomingMessage; readonly body: string }> {
  const call = request({ host: '127.0.0.1', port, method, headers, agent: false }).end();
  const [message] = (await within(once(call, 'response'))) as [IncomingMessage];
  return { message, body: await text(message) };
}

test('what a request says to the mesh passes sidecars, and what it says of identity does not', async () => {
  await using home = await TestHome.create('web', 'orders');
  const app = await home.serve(({ headers }, response) => response.end(JSON.stringify(headers)));
  const { ports } = await home.sidecar('orders', { port: String(app), ingress: '127.0.0.1:0' });
  const port = await freePort();
  await home.sidecar('web', { port: String(app), forward: [`${port}=http:orders`] });
  const seen = JSON.parse((await ask(port, FIELDS)).body) as Record<string, string>;
  const left = Number(seen['x-themis-deadline']);
  assert.ok(left > 1000 && left <= 5000, String(left));
  assert.equal(seen['x-themis-mirror'], '1');
  assert.equal(seen['x-themis-caller'], 'web');
  for (const name of ['x_themis_deadline', 'x-themis-other']) assert.equal(seen[name], undefined, name);
  const outside = JSON.parse((await ask(ports.ingress?.port ?? 0, FIELDS)).body) as Record<string, string>;
  assert.deepEqual(
    Object.keys(outside).filter((name) => name.includes('themis')),
    [],
  );
});

test('a program behind a sidecar declares its request safe, says how long it waits, and hears why it is refused', async () => {
  await using home = await TestHome.create('web', 'orders');
  let asked = 0;
  const app = await home.serve((message, response) => {
    asked += 1;
    assert.equal(message.headers['x-themis-retry'], undefined);
    if (asked === 1) response.writeHead(503);
    response.end(String(asked));
  });
  const orders = await home.sidecar('orders', { port: String(app) });
  const port = await freePort();
  const { mesh } = await home.sidecar('web', { port: String(app), forward: [`${port}=http:orders`] });
  mesh.setTraffic({ orders: { retries: { statuses: [503] } } });
  assert.equal((await ask(port, { 'x-themis-retry': 'safe', 'content-length': '0' }, 'POST')).body, '2');
  orders.mesh.setTraffic({ orders: { limits: { perCaller: { perSecond: 1, burst: 1 } } } });
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(port, {})));
  const limited = answers.find(({ message }) => message.statusCode === 429);
  assert.equal(limited?.message.headers['x-themis-error'], 'THEMIS_RATE_LIMITED');
  const { message, body } = await ask(port, { 'x-themis-deadline': '0' });
  assert.equal(message.statusCode, 504);
  assert.match(body, /THEMIS_DEADLINE_PASSED/);
});
