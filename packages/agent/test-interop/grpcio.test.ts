import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import {
  Client,
  status,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { freePort, pythonWith, within } from '@themis-mesh/testkit';
import { run } from '../test/proxy-bed.ts';

import { TestHome } from '../test/test-home.ts';

const python = pythonWith('grpcio==1.85.1', 'grpc');
const skip = 'why' in python ? python.why : false;
const PYTHON = 'path' in python ? python.path : '';

/** What every way has to give for the calls of echo_client.py. */
function wanted(who: string): object {
  return {
    unary: 'one',
    who,
    big: 3_000_000,
    collect: 'abc',
    repeat: ['again', 'again', 'again'],
    converse: ['x', 'y'],
    fail: ['FAILED_PRECONDITION', 'no money'],
    many: true,
  };
}

describe('gRPC with grpcio of Python', { skip }, () => {
  for (const [protocol, who] of [
    ['tcp', 'None'],
    ['h2', 'web'],
  ] as const) {
    test(`its client to its server, through two sidecars, by --protocol ${protocol}`, async () => {
      await using home = await TestHome.create('orders', 'web');
      const port = await startServer(home);
      await home.sidecar('orders', { port: String(port), protocol });
      // What the caller says of itself reaches a program behind `tcp` as it is: nobody reads the bytes.
      const told = protocol === 'tcp' ? 'owner' : who;
      assert.deepEqual(await callAll(home), wanted(told));
    });
  }

  test('its client to its server, through two sidecars, by --forward PORT=h2:SERVICE', async () => {
    await using home = await TestHome.create('orders', 'web');
    await home.sidecar('orders', { port: String(await startServer(home)), protocol: 'h2' });
    assert.deepEqual(await callAll(home, 'h2:orders'), wanted('web'));
  });

  test('its client, by --forward PORT=h2:SERVICE, to two servers in the mesh, of which each has its share', async () => {
    await using home = await TestHome.create('orders', 'web');
    const served = [0, 0];
    for (const index of served.keys()) {
      const server = meshGrpc(await home.join('orders')).createServer();
      const { unary, ...others } = HANDLERS;
      const counted: handleUnaryCall<Buffer, Buffer> = (call, answer) => {
        served[index] = (served[index] ?? 0) + 1;
        (unary as handleUnaryCall<Buffer, Buffer>)(call, answer);
      };
      server.addService(ECHO, { ...others, unary: counted });
      await server.listen();
    }
    assert.deepEqual(await callAll(home, 'h2:orders'), wanted('web'));
    assert.ok(
      served.every((count) => count > 10),
      served.join(),
    );
  });

  test('its client, through a sidecar, to a server in the mesh', async () => {
    await using home = await TestHome.create('orders', 'web');
    const server = meshGrpc(await home.join('orders')).createServer();
    server.addService(ECHO, HANDLERS);
    await server.listen();
    assert.deepEqual(await callAll(home), wanted('web'));
  });

  test('a client in the mesh, to its server behind a sidecar', async () => {
    await using home = await TestHome.create('orders', 'web');
    await home.sidecar('orders', { port: String(await startServer(home)), protocol: 'h2' });
    const grpc = meshGrpc(await home.join('web'));
    const client = new Client(grpc.target('orders'), grpc.credentials);
    try {
      assert.equal(await call(client, 'who'), 'web');
      assert.equal(await call(client, 'deadline'), 'True');
      await assert.rejects(call(client, 'fail'), { code: status.FAILED_PRECONDITION, details: 'no money' });
      const many = await Promise.all(Array.from({ length: 300 }, (_, index) => call(client, String(index))));
      assert.deepEqual(
        many,
        Array.from({ length: 300 }, (_, index) => String(index)),
      );
    } finally {
      client.close();
    }
  });
});

/** Starts echo_server.py. @returns its port */
async function startServer(home: TestHome): Promise<number> {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'echo_server.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
  home.onEnd(() => child.kill('SIGKILL'));
  const [line] = (await within(once(createInterface(child.stdout), 'line'), 'the server', 20_000)) as [string];
  return Number(line);
}

/** Runs echo_client.py through the forward of a sidecar. */
async function callAll(home: TestHome, to = 'orders'): Promise<unknown> {
  const port = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${port}=${to}`] });
  const {
    status: code,
    out,
    err,
  } = await run(PYTHON, [join(import.meta.dirname, 'echo_client.py'), `127.0.0.1:${port}`], {
    ...process.env,
  });
  assert.equal(code, 0, err);
  return JSON.parse(out) as unknown;
}

const same = (value: Buffer): Buffer => value;
const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };

const ECHO: ServiceDefinition = {
  unary: { path: '/test.Echo/Unary', requestStream: false, responseStream: false, ...bytes },
  collect: { path: '/test.Echo/Collect', requestStream: true, responseStream: false, ...bytes },
  repeat: { path: '/test.Echo/Repeat', requestStream: false, responseStream: true, ...bytes },
  converse: { path: '/test.Echo/Converse', requestStream: true, responseStream: true, ...bytes },
};

const HANDLERS: UntypedServiceImplementation = {
  unary: ((call, answer) => {
    const said = String(call.request);
    if (said === 'fail') answer({ code: status.FAILED_PRECONDITION, details: 'no money' });
    else answer(null, said === 'who' ? Buffer.from(String(call.metadata.get('x-themis-caller')[0])) : call.request);
  }) satisfies handleUnaryCall<Buffer, Buffer>,
  collect: ((call, answer) => {
    const parts: Buffer[] = [];
    call.on('data', (part: Buffer) => parts.push(part));
    call.on('end', () => answer(null, Buffer.concat(parts)));
  }) satisfies handleClientStreamingCall<Buffer, Buffer>,
  repeat: ((call) => {
    for (let time = 0; time < 3; time += 1) call.write(call.request);
    call.end();
  }) satisfies handleServerStreamingCall<Buffer, Buffer>,
  converse: ((call) => {
    call.on('data', (part: Buffer) => call.write(part));
    call.on('end', () => call.end());
  }) satisfies handleBidiStreamingCall<Buffer, Buffer>,
};

function call(client: Client, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + 20_000 };
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      if (error === null) resolve(String(answer));
      else reject(error);
    };
    client.makeUnaryRequest('/test.Echo/Unary', same, same, Buffer.from(body), options, done);
  });
}
