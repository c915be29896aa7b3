import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { WebSocket as WsClient, WebSocketServer, type RawData } from 'ws';
import { TestHome } from '../test-home.ts';

/** A server of `ws` on one of the mesh, that says everything back, and to begin with who calls. */
async function serveWebSocket(home: TestHome): Promise<WebSocketServer> {
  const { server } = await home.serve('payments', (_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.send(`hello ${request.peer.name}`);
    socket.on('message', (data: RawData, isBinary) => {
      socket.send(data, { binary: isBinary });
    });
  });
  home.onEnd(() => sockets.close());
  return sockets;
}

test('ws talks over the agent to ws on a server', async () => {
  await using home = await TestHome.create('web', 'payments');
  await serveWebSocket(home);
  const { agent } = await home.join('web');
  const client = new WsClient('ws://payments/feed', { agent });
  const heard: Buffer[] = [];
  client.on('message', (data: Buffer) => heard.push(data));
  await within(once(client, 'open'));
  client.send('text');
  client.send(Buffer.alloc(2_000_000, 7));
  await waitFor(() => heard.length === 3, 'the echo');
  assert.deepEqual(heard.slice(0, 2).map(String), ['hello web', 'text']);
  assert.equal(heard[2]?.length, 2_000_000);
  const pong = once(client, 'pong');
  client.ping();
  await within(pong);
  const closed = once(client, 'close');
  client.close(4001, 'done');
  const [code, reason] = (await within(closed)) as [number, Buffer];
  assert.deepEqual([code, String(reason)], [4001, 'done']);
});

test('the WebSocket of Node talks over the dispatcher', async () => {
  await using home = await TestHome.create('web', 'payments');
  await serveWebSocket(home);
  const { dispatcher } = await home.join('web');
  const client = new WebSocket('wss://payments/feed', { dispatcher });
  const heard: string[] = [];
  client.addEventListener('message', ({ data }) => heard.push(String(data)));
  await within(new Promise((resolve) => client.addEventListener('open', resolve)));
  client.send('back');
  await waitFor(() => heard.length === 2, 'the echo');
  assert.deepEqual(heard, ['hello web', 'back']);
  const closed = new Promise((resolve) => client.addEventListener('close', resolve));
  client.close();
  await within(closed);
});

test('an open WebSocket ends with the right to it', async () => {
  await using home = await TestHome.create('web', 'payments');
  const sockets = await serveWebSocket(home);
  const { agent } = await home.join('web');
  const client = new WsClient('ws://payments/feed', { agent });
  client.on('error', () => undefined);
  await within(once(client, 'open'));
  const closed = once(client, 'close');
  await home.setPolicy('payments', { default: 'deny-all', allow: [] });
  await within(closed, 'the end', 3000);
  await waitFor(() => sockets.clients.size === 0, 'the end at the server');
});

test('one that is not taken up is told so', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.writeHead(404).end());
  const web = await home.join('web');
  const client = new WsClient('ws://payments/feed', { agent: web.agent });
  const [error] = (await within(once(client, 'error').catch((reason: unknown) => [reason]))) as [Error];
  assert.match(String(error), /404/);
  const other = new WebSocket('ws://payments/feed', { dispatcher: web.dispatcher });
  await within(new Promise((resolve) => other.addEventListener('error', resolve)));
});
