import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata, status, type Client, type ServiceError } from '@grpc/grpc-js';
import { TargetName } from '@themis-mesh/core';
import type { JoinOptions, Mesh } from '@themis-mesh/mesh';
import { waitFor, within } from '@themis-mesh/testkit';
import { callUnary, echo, same, UNARY } from './echo.ts';
import { GrpcBed } from './grpc-bed.ts';

/** Instances of payments that say who they are, and what they were asked. */
async function instances(
  bed: GrpcBed,
  wishes: Readonly<Record<string, Partial<JoinOptions> & { readonly fails?: status; readonly afterMs?: number }>>,
): Promise<{ readonly heard: Map<string, Metadata[]>; readonly meshes: readonly Mesh[] }> {
  const heard = new Map<string, Metadata[]>();
  const meshes: Mesh[] = [];
  for (const [instance, { fails, afterMs = 0, ...options }] of Object.entries(wishes)) {
    const mesh = await bed.join('payments', { instance, ...options });
    meshes.push(mesh);
    await bed.serve(
      mesh,
      echo(undefined, {
        unary: ({ metadata }, answer) => {
          heard.set(instance, [...(heard.get(instance) ?? []), metadata]);
          void sleep(afterMs, undefined, { ref: false }).then(() => {
            if (fails === undefined) answer(null, Buffer.from(instance));
            else answer({ code: fails, details: `${instance} failed` });
          });
        },
      }),
    );
  }
  return { heard, meshes };
}

async function callUntilAll(client: Client, heard: ReadonlyMap<string, unknown>, count: number): Promise<void> {
  await waitFor(async () => {
    await callUnary(client, 'x').catch(() => undefined);
    return heard.size === count;
  }, 'every instance');
}

function metadataOf(fields: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}

function targetName(text: string): TargetName {
  const name = TargetName.parse(text);
  assert(name !== undefined);
  return name;
}

const failureOf = async (call: Promise<unknown>): Promise<ServiceError> =>
  (await within(call.then(() => assert.fail('no failure')).catch((error: unknown) => error))) as ServiceError;

test('an instance that answers with failures is left out', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { good: {}, other: {}, bad: { fails: status.INTERNAL } });
  const traffic = { payments: { outliers: { consecutive: 3, ejectMs: 60_000 } } };
  const client = bed.client(await bed.join('web', { traffic }), 'payments');
  await callUntilAll(client, heard, 3);
  await waitFor(async () => {
    await callUnary(client, 'x').catch(() => undefined);
    return heard.get('bad')?.length === 3;
  }, 'three failures');
  for (let call = 0; call < 60; call += 1) assert.notEqual(await callUnary(client, 'x'), 'bad');
  assert.equal(heard.get('bad')?.length, 3);
});

test('an instance that is slow gets few calls', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { quick: {}, other: {}, slow: { afterMs: 1500 } });
  const client = bed.client(await bed.join('web'), 'payments');
  await callUntilAll(client, heard, 3);
  const before = heard.get('slow')?.length ?? 0;
  for (let call = 0; call < 200; call += 1) await callUnary(client, 'x');
  const share = ((heard.get('slow')?.length ?? 0) - before) / 200;
  assert.ok(share < 0.05, `${share * 100} % of the calls`);
});

test('calls go by their metadata: to instances by their labels, and to another service', async () => {
  await using bed = await GrpcBed.open('web', 'payments', 'canary');
  await instances(bed, { old: { labels: { version: 'v1' } }, new: { labels: { version: 'v2' } } });
  const canary = await bed.join('canary');
  await bed.serve(canary, echo(undefined, { unary: (_, answer) => answer(null, Buffer.from('canary')) }));
  const routes = [
    { match: { header: 'x-group', value: 'beta' }, to: { labels: { version: 'v2' } } },
    { match: { header: 'x-group', value: 'staff' }, to: { service: targetName('canary') } },
    { match: { header: 'x-group', value: 'lost' }, to: { labels: { version: 'v9' } } },
    { match: { header: 'x-group', value: 'nowhere' }, to: { service: targetName('nobody') } },
  ];
  const split = [{ weight: 1, labels: { version: 'v1' } }];
  const web = await bed.join('web', { traffic: { payments: { routes, split } } });
  const client = bed.client(web, 'payments');
  for (let time = 0; time < 10; time += 1) {
    assert.equal(await callUnary(client, 'x'), 'old');
    assert.equal(await callUnary(client, 'x', metadataOf({ 'x-group': 'beta' })), 'new');
    assert.equal(await callUnary(client, 'x', metadataOf({ 'x-group': 'staff' })), 'canary');
  }
  const lost = await failureOf(callUnary(client, 'x', metadataOf({ 'x-group': 'lost' })));
  assert.deepEqual([lost.code, lost.details], [status.UNAVAILABLE, 'THEMIS_NO_INSTANCE: payments']);
  const nowhere = await failureOf(callUnary(client, 'x', metadataOf({ 'x-group': 'nowhere' })));
  assert.equal(nowhere.code, status.UNAVAILABLE);
  assert.match(nowhere.details, /no service of that name: nobody/);
});

test('a call ends at the time that the rules give it, or its metadata, and the callee knows it', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const left: number[] = [];
  const never = echo(undefined, {
    unary: (call, answer) => {
      if (String(call.request) === 'hello') answer(null, call.request);
      else left.push(Number(call.getDeadline()) - Date.now());
    },
  });
  await bed.serve(await bed.join('payments'), never);
  const web = await bed.join('web', { traffic: { payments: { timeoutMs: 1500 } } });
  const client = bed.client(web, 'payments');
  // Over a connection that is there already.
  await waitFor(async () => (await callUnary(client, 'hello').catch(() => '')) === 'hello', 'a connection');
  assert.equal((await failureOf(callUnary(client, 'x'))).code, status.DEADLINE_EXCEEDED);
  const patience = metadataOf({ 'x-themis-deadline': '500' });
  assert.equal((await failureOf(callUnary(client, 'x', patience))).code, status.DEADLINE_EXCEEDED);
  const [first = 0, second = 0] = left;
  assert.ok(first > 500 && first <= 1500 && second > 0 && second <= 500, left.join());
  const late = await failureOf(callUnary(client, 'x', metadataOf({ 'x-themis-deadline': '0' })));
  assert.equal(late.code, status.DEADLINE_EXCEEDED);
  assert.equal(left.length, 2);
});

test('the deadline of a request passes through handlers of HTTP and of gRPC', async () => {
  await using bed = await GrpcBed.open('web', 'orders', 'payments', 'ledger');
  let heard: string | undefined;
  const ledger = (await bed.join('ledger')).createServer(({ headers }, response) => {
    heard = String(headers['x-themis-deadline']);
    response.end('noted');
  });
  await new Promise<void>((resolve) => ledger.listen(0, resolve));
  const payments = await bed.join('payments');
  const asking = echo(undefined, {
    unary: (_, answer) => {
      void payments
        .fetch('https://ledger/')
        .then((response) => response.text())
        .then((said) => answer(null, Buffer.from(said)));
    },
  });
  await bed.serve(payments, asking);
  const orders = await bed.join('orders');
  const client = bed.client(orders, 'payments');
  await callUnary(client, 'x');
  const server = orders.createServer((_, response) => {
    void callUnary(client, 'x').then((said) => response.end(said));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const web = await bed.join('web');
  const answer = await web.fetch('https://orders/', { headers: { 'x-themis-deadline': '5000' } });
  assert.equal(await answer.text(), 'noted');
  assert.ok(Number(heard) > 3000 && Number(heard) <= 5000, String(heard));
});

test('calls are delayed, and fail, as the rules say', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { a: {} });
  const faults = [
    { match: { header: 'x-fault', value: 'fail' }, percent: 100, status: 503 },
    { match: { header: 'x-fault', value: 'wait' }, percent: 100, delayMs: 200 },
  ];
  const client = bed.client(await bed.join('web', { traffic: { payments: { faults } } }), 'payments');
  assert.equal(await callUnary(client, 'x'), 'a');
  const failed = await failureOf(callUnary(client, 'x', metadataOf({ 'x-fault': 'fail' })));
  assert.deepEqual([failed.code, failed.details], [status.UNAVAILABLE, 'THEMIS_FAULT_INJECTED']);
  const begun = performance.now();
  assert.equal(await callUnary(client, 'x', metadataOf({ 'x-fault': 'wait' })), 'a');
  assert.ok(performance.now() - begun >= 195);
  assert.equal(heard.get('a')?.length, 2);
});

test('a call that is declared safe is sent again elsewhere, within the budget', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { good: {}, bad: { fails: status.UNAVAILABLE } });
  const kept = { outliers: { consecutive: 0, successPercent: 0 } };
  const safe = metadataOf({ 'x-themis-retry': 'safe' });
  const client = bed.client(await bed.join('web', { traffic: { payments: kept } }), 'payments');
  await callUntilAll(client, heard, 2);
  for (let call = 0; call < 20; call += 1) assert.equal(await callUnary(client, 'x', safe), 'good');
  for (const metadata of heard.values()) for (const one of metadata) assert.deepEqual(one.get('x-themis-retry'), []);
  const poor = { ...kept, retries: { percent: 0, minPerSecond: 0 } };
  const spent = bed.client(await bed.join('web', { traffic: { payments: poor } }), 'payments');
  const failure = await failureOf(
    (async () => {
      for (;;) await callUnary(spent, 'x', safe);
    })(),
  );
  assert.deepEqual([failure.code, failure.details], [status.UNAVAILABLE, 'bad failed']);
});

test('a safe call without an answer is sent to a second instance too', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { quick: {}, slow: { afterMs: 20_000 } });
  const traffic = { payments: { hedge: { afterMs: 50 } } };
  const client = bed.client(await bed.join('web', { traffic }), 'payments');
  const safe = metadataOf({ 'x-themis-retry': 'safe' });
  await waitFor(async () => {
    assert.equal(await callUnary(client, 'x', safe), 'quick');
    return heard.has('slow');
  }, 'a call of the slow one');
});

test('a caller bounds what it has under way', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const held: (() => void)[] = [];
  const holding = echo(undefined, { unary: (_, answer) => void held.push(() => answer(null, Buffer.from('done'))) });
  await bed.serve(await bed.join('payments'), holding);
  const traffic = { payments: { atOnce: { calls: 1, waiting: 1, waitMs: 20_000 } } };
  const client = bed.client(await bed.join('web', { traffic }), 'payments');
  const first = callUnary(client, '1');
  await waitFor(() => held.length === 1, 'the first');
  const second = callUnary(client, '2');
  const third = await failureOf(callUnary(client, '3'));
  assert.equal(third.code, status.RESOURCE_EXHAUSTED);
  assert.match(third.details, /wait/);
  held[0]?.();
  assert.equal(await first, 'done');
  await waitFor(() => held.length === 2, 'the second');
  held[1]?.();
  assert.equal(await second, 'done');
  const gone = client.makeUnaryRequest(UNARY, same, same, Buffer.from('4'), () => undefined);
  await waitFor(() => held.length === 3, 'the fourth');
  gone.cancel();
  const fifth = callUnary(client, '5');
  await waitFor(() => held.length === 4, 'a place that is free again');
  held[3]?.();
  assert.equal(await fifth, 'done');
});

test('a callee holds its callers to a rate, and sheds what is too much', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const limits = { perCaller: { perSecond: 1, burst: 2 }, underWay: 1 };
  const held: (() => void)[] = [];
  const payments = await bed.join('payments', { traffic: { payments: { limits } } });
  await bed.serve(payments, echo(undefined, { unary: (_, answer) => void held.push(() => answer(null, Buffer.from('done'))) }));
  const client = bed.client(await bed.join('web'), 'payments');
  const first = callUnary(client, '1');
  await waitFor(() => held.length === 1, 'the first');
  const shed = await failureOf(callUnary(client, '2'));
  assert.deepEqual([shed.code, shed.metadata.get('x-themis-error')], [status.UNAVAILABLE, ['THEMIS_OVERLOADED']]);
  held[0]?.();
  await first;
  const second = callUnary(client, '3');
  await waitFor(() => held.length === 2, 'the second');
  held[1]?.();
  await second;
  const limited = await failureOf(callUnary(client, '4'));
  assert.equal(limited.code, status.RESOURCE_EXHAUSTED);
  assert.deepEqual(limited.metadata.get('x-themis-error'), ['THEMIS_RATE_LIMITED']);
});

test('a program with a service_config of its own has the balancing and the retries of gRPC', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const { heard } = await instances(bed, { a: {}, b: {} });
  const config = { loadBalancingConfig: [{ round_robin: {} }], methodConfig: [] };
  const client = bed.client(await bed.join('web'), 'payments', { 'grpc.service_config': JSON.stringify(config) });
  await callUntilAll(client, heard, 2);
});
