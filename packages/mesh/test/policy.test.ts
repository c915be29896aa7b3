import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { JoinOptions, Mesh, MeshServer, PolicyOptions } from '@themis-mesh/mesh';
import { dial } from '@themis-mesh/channel';
import type { RefusalCode } from '@themis-mesh/core';
import { SwappableCredentials, TestApp, waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith, throwsWith } from './expect-code.ts';
import { serviceName, TestHome } from './test-home.ts';

type Callers = Readonly<Record<'web' | 'orders', Mesh>>;

async function outcome(caller: Mesh): Promise<'allowed' | RefusalCode | undefined> {
  const call = caller.fetch('https://payments/');
  const isAllowed = await call.then(
    () => true,
    () => false,
  );
  return isAllowed ? 'allowed' : (await rejectsWith(call, 'THEMIS_REFUSED_BY_PEER')).refusal?.code;
}

async function outcomes({ web, orders }: Callers): Promise<readonly unknown[]> {
  return [await outcome(web), await outcome(orders)];
}

interface Serving extends Callers {
  readonly payments: Mesh;
  readonly server: MeshServer;
}

async function serving(home: TestHome, options: Partial<JoinOptions> = {}): Promise<Serving> {
  const { mesh: payments, server } = await home.serve('payments', (_, response) => response.end('served'), options);
  return { payments, server, web: await home.join('web'), orders: await home.join('orders') };
}

const POLICIES: readonly (readonly [PolicyOptions | undefined, string, string])[] = [
  [undefined, 'allowed', 'allowed'],
  [{}, 'policy-deny-all', 'policy-deny-all'],
  [{ default: 'members' }, 'allowed', 'allowed'],
  [{ default: 'authenticated' }, 'allowed', 'allowed'],
  [{ default: 'deny-all' }, 'policy-deny-all', 'policy-deny-all'],
  [{ allow: ['web'] }, 'allowed', 'policy-not-listed'],
  [{ allow: [] }, 'policy-deny-all', 'policy-deny-all'],
  [{ default: 'deny-all', allow: ['orders'] }, 'policy-not-listed', 'allowed'],
  [{ default: 'members', allow: ['web'] }, 'allowed', 'allowed'],
];

test('a policy says who may call', async (t) => {
  for (const [policy, web, orders] of POLICIES) {
    await t.test(JSON.stringify(policy) ?? 'none', async () => {
      await using home = await TestHome.create('web', 'orders', 'payments');
      const callers = await serving(home, policy === undefined ? {} : { policy });
      assert.deepEqual(await outcomes(callers), [web, orders]);
    });
  }
});

test('it may be replaced while callers are connected', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const { payments, ...callers } = await serving(home);
  assert.deepEqual(await outcomes(callers), ['allowed', 'allowed']);
  await payments.createTcpServer((socket) => socket.write('hello')).listen(0);
  const socket = await callers.orders.connect('payments');
  const closed = rejectsWith(once(socket.resume(), 'close'), 'THEMIS_CONNECTION_LOST');
  payments.setPolicy({ allow: ['web'] });
  await within(closed, 'the open connection to be cut');
  assert.deepEqual(await outcomes(callers), ['allowed', 'policy-not-listed']);
  payments.setPolicy({ default: 'members' });
  assert.deepEqual(await outcomes(callers), ['allowed', 'allowed']);
});

test('a policy that is no good replaces nothing', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const { payments, ...callers } = await serving(home, { policy: { allow: ['web'] } });
  for (const policy of [
    null,
    'members',
    [],
    { default: 'everybody' },
    { default: null },
    { allow: 'web' },
    { allow: [1] },
    { allow: ['Web'] },
    { allow: ['web'], deny: [] },
    { allow: null },
  ]) {
    throwsWith(() => payments.setPolicy(policy as PolicyOptions), 'THEMIS_CONFIG_INVALID');
  }
  assert.deepEqual(await outcomes(callers), ['allowed', 'policy-not-listed']);
});

test('what the charter says and what the process says must both allow', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const { payments, ...callers } = await serving(home, { policy: { allow: ['web', 'orders'] } });
  assert.deepEqual(await outcomes(callers), ['allowed', 'allowed']);
  const heard = once(payments.events, 'charter');
  await home.setPolicy('payments', { default: 'deny-all', allow: [serviceName('orders')] });
  await within(heard, 'the news');
  assert.deepEqual(await outcomes(callers), ['policy-not-listed', 'allowed']);
  payments.setPolicy({ allow: ['web'] });
  assert.deepEqual(await outcomes(callers), ['policy-not-listed', 'policy-not-listed']);
  await home.setPolicy('payments', undefined);
  await waitFor(async () => (await outcome(callers.web)) === 'allowed', 'the policy to be gone from the charter');
  assert.deepEqual(await outcomes(callers), ['allowed', 'policy-not-listed']);
});

test('a member of another app is a stranger: authenticated lets it in without a name, nothing else does', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const peers: unknown[] = [];
  const { mesh: payments, server } = await home.serve('payments', (request, response) => {
    peers.push(request.peer.name);
    response.end('served');
  });
  const other = await TestApp.found(['web']);
  const leaf = await other.leaf('web');
  const { port } = server.address() ?? { port: 0 };
  const call = async (): Promise<string> => {
    const { socket } = await dial({
      address: { host: '127.0.0.1', port },
      protocol: 'themis-http/1',
      credentials: new SwappableCredentials(leaf),
      authenticator: payments.trust,
      expect: () => undefined,
    });
    socket.write('GET / HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };
  await rejectsWith(call(), 'THEMIS_REFUSED_BY_PEER', 'policy-not-a-member');
  payments.setPolicy({ allow: ['web'] });
  await rejectsWith(call(), 'THEMIS_REFUSED_BY_PEER', 'policy-not-listed');
  payments.setPolicy({ default: 'authenticated' });
  assert.match(await call(), /served/);
  assert.deepEqual(peers, [undefined]);
});
