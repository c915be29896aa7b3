import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { proxyOf, type ProxyBed } from './proxy-bed.ts';
import { TestHome } from './test-home.ts';

/** A plain program with a WebSocket that says everything back, and to begin with who it is told calls. */
function echoServer(): Server {
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, { headers }) => {
    socket.send(`hello ${String(headers['x-themis-caller'])}`);
    socket.on('message', (data: RawData, isBinary) => {
      socket.send(data, { binary: isBinary });
    });
  });
  return server;
}

/** A connection to a service through the proxy of a program's sidecar. */
async function tunnelTo(service: string, { port, credential }: ProxyBed): Promise<Socket> {
  const path = `${service}.mesh.internal:80`;
  const call = request({ port, method: 'CONNECT', path, headers: { 'proxy-authorization': credential } }).end();
  const [answer, socket] = (await within(once(call, 'connect'))) as [IncomingMessage, Socket];
  assert.equal(answer.statusCode, 200);
  return socket;
}

async function converse(client: WebSocket, caller: string): Promise<void> {
  const heard: Buffer[] = [];
  client.on('message', (data: Buffer) => heard.push(data));
  await within(once(client, 'open'));
  client.send('text');
  client.send(Buffer.alloc(1_000_000, 7));
  await waitFor(() => heard.length === 3, 'the echo');
  assert.deepEqual(heard.slice(0, 2).map(String), [`hello ${caller}`, 'text']);
  assert.equal(heard[2]?.length, 1_000_000);
  const closed = once(client, 'close');
  client.close(4001, 'done');
  assert.equal(((await within(closed)) as [number])[0], 4001);
}

test('a WebSocket from a plain program to a plain program, through both sidecars', async () => {
  await using home = await TestHome.create('orders', 'web');
  await home.sidecar('orders', { port: String(await home.listen(echoServer())) });
  const socket = await tunnelTo('orders', await proxyOf(home));
  await converse(new WebSocket('ws://orders.mesh.internal/', { createConnection: () => socket }), 'web');
});

test('a WebSocket from a program in the mesh to a plain one', async () => {
  await using home = await TestHome.create('orders', 'web');
  await home.sidecar('orders', { port: String(await home.listen(echoServer())) });
  const { agent } = await home.join('web');
  await converse(new WebSocket('ws://orders/', { agent }), 'web');
});

test('a WebSocket from a plain program to one in the mesh', async () => {
  await using home = await TestHome.create('orders', 'web');
  const orders = await home.join('orders');
  const server = orders.createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, { peer }) => {
    socket.send(`hello ${peer.name}`);
    socket.on('message', (data: RawData, isBinary) => {
      socket.send(data, { binary: isBinary });
    });
  });
  server.listen(0);
  await once(server, 'listening');
  const socket = await tunnelTo('orders', await proxyOf(home));
  await converse(new WebSocket('ws://orders.mesh.internal/', { createConnection: () => socket }), 'web');
  sockets.close();
});

test('server-sent events through both sidecars come at once, and end with the reader and with the program', async () => {
  await using home = await TestHome.create('orders', 'web');
  const readers: ServerResponse[] = [];
  const app = await home.serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    readers.push(response);
  });
  await home.sidecar('orders', { port: String(app) });
  const { port, credential } = await proxyOf(home);
  const open = async (): Promise<IncomingMessage> => {
    const path = 'http://orders.mesh.internal/events';
    const call = get({ port, path, headers: { host: 'orders.mesh.internal', 'proxy-authorization': credential } });
    return ((await within(once(call, 'response'), 'the head')) as [IncomingMessage])[0];
  };
  const events = await open();
  assert.equal(events.headers['content-type'], 'text/event-stream');
  const chunks = (events as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (let id = 1; id <= 3; id += 1) {
    readers[0]?.write(`data: ${id}\n\n`);
    const next = await within(chunks.next(), 'an event');
    assert.equal(next.done === true ? '' : String(next.value), `data: ${id}\n\n`);
  }
  readers[0]?.end();
  assert.equal((await within(chunks.next(), 'the end')).done, true);
  const second = await open();
  second.destroy();
  await waitFor(() => readers[1]?.destroyed === true, 'the end at the program');
});
