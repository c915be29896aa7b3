import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { ThemisError } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { TestHome } from '../test-home.ts';

test("Node's own client calls services by their names, by either scheme", async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', ({ peer, url }, response) => response.end(`${peer.name} ${url}`));
  const { agent } = await home.join('web');
  assert.equal(await said(get('http://payments/a', { agent })), 'web /a');
  assert.equal(await said(get({ host: 'payments.mesh.internal', path: '/b', agent })), 'web /b');
  assert.equal(await said(httpsRequest('https://payments:8443/c', { agent }).end()), 'web /c');
});

test('a connection is used again, and never under another leaf or another identity', async () => {
  await using home = await TestHome.create('web', 'mail', 'payments');
  const ports = new Set<number>();
  await home.serve('payments', ({ peer, socket }, response) => {
    ports.add(socket.remotePort ?? 0);
    response.end(peer.name);
  });
  const [web, mail] = [await home.join('web'), await home.join('mail')];
  const ask = (mesh: Mesh): Promise<string> => said(get('http://payments/', { agent: mesh.agent }));
  assert.deepEqual([await ask(web), await ask(web)], ['web', 'web']);
  assert.equal(ports.size, 1);
  assert.equal(await ask(mail), 'mail');
  assert.equal(ports.size, 2);
  await web.renew();
  assert.equal(await ask(web), 'web');
  assert.equal(ports.size, 3);
  assert.equal(Object.keys(web.agent.sockets).length, 0);
});

test('bodies, trailers, informational answers, early answers and half a body', async () => {
  await using home = await TestHome.create('web', 'payments');
  const seen: string[] = [];
  await home.serve('payments', (message, response) => {
    if (message.url === '/early') {
      response.writeHead(413, { connection: 'close' }).end('too much');
      return;
    }
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    response.setHeader('trailer', 'x-sum');
    message.on('end', () => seen.push(JSON.stringify(message.trailers)));
    message.pipe(response, { end: false });
    message.on('end', () => {
      response.addTrailers({ 'x-sum': 'done' });
      response.end();
    });
  });
  const { agent } = await home.join('web');
  const call = request('http://payments/', { agent, method: 'POST', headers: { trailer: 'x-mine' } });
  const hints = once(call, 'information') as Promise<[{ statusCode: number }]>;
  call.write('part one, ');
  call.addTrailers({ 'x-mine': 'too' });
  call.end('part two');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  assert.equal(await text(answer), 'part one, part two');
  assert.equal((await hints)[0].statusCode, 103);
  assert.deepEqual(answer.trailers, { 'x-sum': 'done' });
  assert.deepEqual(seen, ['{"x-mine":"too"}']);
  const early = request('http://payments/early', { agent, method: 'POST' });
  early.on('error', () => undefined);
  early.write('the beginning of a long body');
  const [refusal] = (await within(once(early, 'response'))) as [IncomingMessage];
  assert.equal(refusal.statusCode, 413);
  refusal.resume();
  early.destroy();
});

test('an upgrade, and an abort that reaches the other side', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { server } = await home.serve('payments', (message) => {
    message.on('close', () => (closed += 1));
  });
  let closed = 0;
  server.on('upgrade', (_, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
    socket.pipe(socket);
  });
  const { agent } = await home.join('web');
  const call = request('http://payments/', { agent, headers: { connection: 'upgrade', upgrade: 'other' } }).end();
  const [, socket] = (await within(once(call, 'upgrade'))) as [IncomingMessage, Duplex];
  socket.end('there and back');
  assert.equal(await text(socket), 'there and back');
  const abort = new AbortController();
  const never = request('http://payments/', { agent, signal: abort.signal }).end();
  const failed = once(never, 'error');
  await within(once(server, 'request'));
  abort.abort();
  await failed;
  await waitFor(() => closed === 1, 'the end at the server');
});

test('what goes wrong is told by its code', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { agent } = await home.join('web');
  const failure = async (url: string): Promise<unknown> => {
    const [error] = (await once(get(url, { agent }), 'error').catch((reason: unknown) => [reason])) as [unknown];
    return ThemisError.is(error) ? error.code : error;
  };
  assert.equal(await failure('http://www.example.com/'), 'THEMIS_NAME_INVALID');
  assert.equal(await failure('http://nobody/'), 'THEMIS_NAME_UNKNOWN');
  assert.equal(await failure('http://payments/'), 'THEMIS_NO_INSTANCE');
});

test('many requests at once share connections among instances', async () => {
  await using home = await TestHome.create('web', 'payments');
  const served = new Map<string, number>();
  for (const instance of ['a', 'b']) {
    await home.serve(
      'payments',
      (_, response) => {
        served.set(instance, (served.get(instance) ?? 0) + 1);
        response.end('x');
      },
      { instance },
    );
  }
  const { agent } = await home.join('web');
  await Promise.all(Array.from({ length: 100 }, () => said(get('http://payments/', { agent }))));
  assert.deepEqual([...served.keys()].sort(), ['a', 'b']);
});

test('a mesh that closes does not wait for idle connections of its agent', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('x'));
  const web = await home.join('web');
  await said(get('http://payments/', { agent: web.agent }));
  await within(web.close(), 'the end of the mesh', 2000);
});

async function said(call: ClientRequest): Promise<string> {
  const [message] = (await within(once(call, 'response'))) as [IncomingMessage];
  return text(message);
}
