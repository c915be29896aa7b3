import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { ThemisError } from '@themis-mesh/core';
import { ManualClock, timeByCalls, waitFor, within } from '@themis-mesh/testkit';
import { callUnary, echo, same } from './echo.ts';
import { GrpcBed } from './grpc-bed.ts';

test('leaves are replaced while calls run, and none of them fails', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const clock = new ManualClock();
  const payments = await bed.join('payments', { leafSeconds: 20, clock });
  const callers = new Set<unknown>();
  await bed.serve(
    payments,
    echo((metadata) => callers.add(/Hash=(\w+)/.exec(String(metadata.get('x-forwarded-client-cert')[0]))?.[1])),
  );
  const web = await bed.join('web', { leafSeconds: 20, clock });
  const pass = timeByCalls(clock, 20, [web, payments]);
  const client = bed.client(web, 'payments');
  let renewals = 0;
  for (const mesh of [web, payments]) mesh.events.on('renewed', () => (renewals += 1));
  let calls = 0;
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    while (renewals < 12) {
      const said = `${lane} ${calls}`;
      assert.equal(await callUnary(client, said), said);
      calls += 1;
      pass();
    }
  });
  await within(Promise.all(lanes), 'twelve renewals', 60_000);
  assert.ok(calls > 500 && callers.size >= 5, `${calls} calls under ${callers.size} leaves`);
});

test('calls are shared among instances, and go on when one of them ends', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const served = new Map<string, number>();
  const instances = await Promise.all(
    ['a', 'b', 'c'].map(async (instance) => {
      const mesh = await bed.join('payments', { instance });
      const server = await bed.serve(
        mesh,
        echo(() => served.set(instance, (served.get(instance) ?? 0) + 1)),
      );
      return { mesh, server };
    }),
  );
  const client = bed.client(await bed.join('web'), 'payments');
  const callUntil = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) assert.equal(await callUnary(client, 'x'), 'x');
  };
  await callUntil(() => served.size === 3);
  let isClosed = false;
  const lanes = Array.from({ length: 4 }, () => callUntil(() => isClosed && (served.get('b') ?? 0) > 0));
  await instances[0]?.server.close();
  served.clear();
  isClosed = true;
  await within(Promise.all(lanes));
  assert.equal(served.has('a'), false);
});

test('an instance that comes later is found', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const client = bed.client(await bed.join('web'), 'payments');
  await assert.rejects(callUnary(client, 'x', undefined, Date.now() + 300));
  await bed.serve(await bed.join('payments'), echo());
  await waitFor(async () => (await callUnary(client, 'x').catch(() => '')) === 'x', 'an answer');
});

test('a refusal is read, and said with its reason', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const payments = await bed.join('payments', { policy: { allow: [] } });
  await bed.serve(payments, echo());
  const client = bed.client(await bed.join('web'), 'payments');
  const failure = (await callUnary(client, 'x').catch((error: unknown) => error)) as ServiceError;
  assert.equal(failure.code, status.UNAVAILABLE);
  assert.match(failure.details, /policy-deny-all/);
});

test('a service that nobody knows is said to be unknown', async () => {
  await using bed = await GrpcBed.open('web');
  const web = await bed.join('web');
  const failure = (await callUnary(bed.client(web, 'nobody'), 'x').catch((error: unknown) => error)) as ServiceError;
  assert.equal(failure.code, status.UNAVAILABLE);
  assert.match(failure.details, /nobody/);
  assert.throws(() => meshGrpc(web).target('no body'), TypeError);
});

test('credentials are good for targets of their mesh alone, and targets for its credentials', async () => {
  await using bed = await GrpcBed.open('web', 'payments', 'orders');
  let calls = 0;
  const count = echo(() => (calls += 1));
  await bed.serve(await bed.join('orders'), count);
  const { credentials: ours } = meshGrpc(await bed.join('web'));
  const other = meshGrpc(await bed.join('payments'));
  const clients = {
    'a host of the internet': new Client('dns:localhost:1', ours),
    'the target of another mesh': new Client(other.target('orders'), ours),
    'no credentials': new Client(other.target('orders'), credentials.createInsecure()),
  };
  for (const [what, client] of Object.entries(clients)) {
    await assert.rejects(callUnary(client, 'x', undefined, Date.now() + 1000), /DEADLINE|UNAVAILABLE/, what);
    client.close();
  }
  assert.throws(() => new Client('themis://nowhere/orders', ours), TypeError);
  assert.equal(calls, 0);
});

test('two identities in one process do not share connections', async () => {
  await using bed = await GrpcBed.open('web', 'mail', 'payments');
  const wrong: string[] = [];
  const handlers = echo(undefined, {
    unary: ({ metadata }, answer) => answer(null, Buffer.from(String(metadata.get('x-themis-caller')[0]))),
  });
  await bed.serve(await bed.join('payments'), handlers);
  const callers = await Promise.all(['web', 'mail'].map(async (name) => ({ name, mesh: await bed.join(name) })));
  const clients = callers.map(({ name, mesh }) => ({ name, client: bed.client(mesh, 'payments') }));
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const caller = clients[index % 2];
      assert(caller !== undefined);
      const said = await callUnary(caller.client, 'who');
      if (said !== caller.name) wrong.push(said);
    }),
  );
  assert.deepEqual(wrong, []);
});

test('a removal ends streams that are open', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  await bed.serve(await bed.join('payments'), echo());
  const client = bed.client(await bed.join('web'), 'payments');
  const call = client.makeBidiStreamRequest('/test.Echo/Converse', same, same);
  call.write(Buffer.from('open'));
  await within(once(call, 'data'));
  const failed = new Promise<ServiceError>((resolve) => call.once('error', (error) => resolve(error as ServiceError)));
  await bed.remove('web');
  assert.equal((await within(failed, 'the end', 2000)).code, status.UNAVAILABLE);
});

test('a server that listens already, or whose port is taken, says so', async () => {
  await using bed = await GrpcBed.open('payments');
  const mesh = await bed.join('payments');
  const server = await bed.serve(mesh, echo());
  await assert.rejects(server.listen(), (error) => ThemisError.is(error, 'THEMIS_CONFIG_INVALID'));
  await server.close();
  const first = meshGrpc(mesh).createServer();
  const { port } = await first.listen();
  await assert.rejects(meshGrpc(mesh).createServer().listen(port), (error) => ThemisError.is(error, 'THEMIS_PORT_IN_USE'));
  await first.close();
});
