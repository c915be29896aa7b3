import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata, status, type Client, type ServiceError } from '@grpc/grpc-js';
import { waitFor, within } from '@themis-mesh/testkit';
import { callUnary, echo, EchoClient, same } from './echo.ts';
import { GrpcBed } from './grpc-bed.ts';

test('calls of all kinds', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  await bed.serve(await bed.join('payments'), echo());
  const client = bed.client(await bed.join('web'), 'payments');
  assert.equal(await callUnary(client, 'one'), 'one');
  assert.equal(await collect(client, ['a', 'b', 'c']), 'abc');
  assert.deepEqual(await repeat(client, 'again'), ['again', 'again', 'again']);
  assert.deepEqual(await converse(client, ['x', 'y']), ['x', 'y']);
});

test('a client that was made from a description of its service', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const payments = await bed.join('payments');
  await bed.serve(payments, echo());
  const { meshGrpc } = await import('@themis-mesh/grpc');
  const grpc = meshGrpc(await bed.join('web'));
  const client = new EchoClient(grpc.target('payments.mesh.internal'), grpc.credentials);
  const answer = await new Promise((resolve, reject) => {
    client['unary']?.(Buffer.from('told'), (error: ServiceError | null, said: Buffer) => {
      if (error === null) resolve(String(said));
      else reject(error);
    });
  });
  assert.equal(answer, 'told');
  client.close();
});

test('messages of several MiB, in both directions', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  await bed.serve(await bed.join('payments'), echo());
  const client = bed.client(await bed.join('web'), 'payments');
  const big = 'x'.repeat(4_000_000);
  assert.equal(await callUnary(client, big), big);
});

test('handlers are told who calls, whatever callers say of it', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const seen: Metadata[] = [];
  const payments = await bed.join('payments');
  await bed.serve(
    payments,
    echo((metadata) => seen.push(metadata)),
  );
  const web = await bed.join('web');
  const client = bed.client(web, 'payments');
  const lies = new Metadata();
  const spellings = ['x-themis-caller', 'x_themis_caller', 'x.themis.caller', 'x-themis-other', 'x-forwarded-client-cert'];
  for (const name of spellings) lies.add(name, 'owner');
  lies.add('x-themis-caller', 'admin');
  lies.add('x-themis-trace-bin', Buffer.from('owner'));
  lies.add('x-kept', 'kept');
  await callUnary(client, 'who', lies);
  await converse(client, ['who']);
  assert.equal(seen.length, 2);
  for (const metadata of seen) {
    assert.deepEqual(metadata.get('x-themis-caller'), ['web']);
    const [certificate] = metadata.get('x-forwarded-client-cert');
    assert.match(String(certificate), new RegExp(`^By=spiffe://${payments.id};Hash=[0-9a-f]{64};URI=${web.spiffeId}$`));
    assert.equal(metadata.get('x-forwarded-client-cert').length, 1);
  }
  const names = Object.keys(seen[0]?.getMap() ?? {}).filter((name) => name.startsWith('x'));
  assert.deepEqual(names.sort(), ['x-forwarded-client-cert', 'x-kept', 'x-themis-caller']);
});

test('policies see each call, and calls are counted', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  let calls = 0;
  const rules = [{ name: 'unary', action: 'allow', services: ['web'], methods: ['POST'], paths: ['/test.Echo/Unary'] } as const];
  const payments = await bed.join('payments', { policy: { rules } });
  await bed.serve(
    payments,
    echo(() => (calls += 1)),
  );
  const client = bed.client(await bed.join('web'), 'payments');
  assert.equal(await callUnary(client, 'may'), 'may');
  await assert.rejects(collect(client, ['may', 'not']), (error: ServiceError) => {
    assert.equal(error.code, status.PERMISSION_DENIED);
    assert.match(error.details, /^policy-/);
    return true;
  });
  await assert.rejects(repeat(client, 'not'), { code: status.PERMISSION_DENIED });
  assert.equal(calls, 1);
  const page = payments.metrics.text();
  assert.match(page, /themis_requests_total\{[^}]*protocol="grpc"[^}]*status="2xx"[^}]*\} 1/);
  assert.match(page, /themis_requests_total\{[^}]*protocol="grpc"[^}]*status="4xx"[^}]*\} 2/);
});

test('deadlines and cancellations reach the other side', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const deadlines: unknown[] = [];
  let cancelled = 0;
  const handlers = echo(undefined, {
    unary: (call) => {
      deadlines.push(call.getDeadline());
      call.on('cancelled', () => (cancelled += 1));
    },
  });
  await bed.serve(await bed.join('payments'), handlers);
  const client = bed.client(await bed.join('web'), 'payments');
  const deadline = Date.now() + 300;
  await assert.rejects(callUnary(client, 'never', undefined, deadline), { code: status.DEADLINE_EXCEEDED });
  await waitFor(() => cancelled === 1, 'the end at the server');
  assert.ok(Math.abs(Number(deadlines[0]) - deadline) < 300);
  const call = client.makeUnaryRequest('/test.Echo/Unary', same, same, Buffer.from('never'), () => undefined);
  await waitFor(() => deadlines.length === 2, 'the call');
  call.cancel();
  await waitFor(() => cancelled === 2, 'the cancellation at the server');
});

test('errors, their details and their metadata come back', async () => {
  await using bed = await GrpcBed.open('web', 'payments');
  const handlers = echo(undefined, {
    unary: (_, answer) => {
      const metadata = new Metadata();
      metadata.set('x-why', 'broke');
      answer({ code: status.FAILED_PRECONDITION, details: 'no money', metadata });
    },
  });
  await bed.serve(await bed.join('payments'), handlers);
  const client = bed.client(await bed.join('web'), 'payments');
  const failure = (await callUnary(client, 'pay').catch((error: unknown) => error)) as ServiceError;
  assert.equal(failure.code, status.FAILED_PRECONDITION);
  assert.equal(failure.details, 'no money');
  assert.deepEqual(failure.metadata.get('x-why'), ['broke']);
});

function collect(client: Client, parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest('/test.Echo/Collect', same, same, (error, said?: Buffer) => {
      if (error === null) resolve(String(said));
      else reject(error);
    });
    for (const part of parts) call.write(Buffer.from(part));
    call.end();
  });
}

async function repeat(client: Client, body: string): Promise<readonly string[]> {
  const heard: string[] = [];
  const call = client.makeServerStreamRequest('/test.Echo/Repeat', same, same, Buffer.from(body));
  for await (const part of call) heard.push(String(part));
  return heard;
}

async function converse(client: Client, parts: readonly string[]): Promise<readonly string[]> {
  const call = client.makeBidiStreamRequest('/test.Echo/Converse', same, same);
  const heard: string[] = [];
  call.on('data', (part: Buffer) => heard.push(part.toString()));
  const ended = new Promise((resolve, reject) => call.once('end', resolve).once('error', reject));
  for (const [index, part] of parts.entries()) {
    call.write(Buffer.from(part));
    await waitFor(() => heard.length > index, 'the answer');
  }
  call.end();
  await within(ended);
  return heard;
}
