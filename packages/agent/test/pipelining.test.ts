import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { dialPlain, readAll } from './raw.ts';
import { TestHome } from './test-home.ts';

const SLOW = 'GET /slow HTTP/1.1\r\nhost: orders\r\n\r\n';
const ODD = 'GET / HTTP/1.1\r\nhost: orders\r\nexpect: the-unexpected\r\n\r\n';
const BEHIND: Readonly<Record<string, string>> = {
  CONNECT: 'CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n',
  'an upgrade': 'GET /socket HTTP/1.1\r\nhost: orders\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'an upgrade with a fault': 'GET /socket#x HTTP/1.1\r\nhost: orders\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
};

for (const [what, bytes] of Object.entries(BEHIND)) {
  test(`${what} behind a request that is not answered yet ends the connection and nothing else`, async () => {
    await using home = await TestHome.create('orders', 'web');
    const port = await home.serve((request, response) => {
      if (request.url === '/slow') setTimeout(() => response.end('slow'), 100);
      else response.end('well');
    });
    const { ports } = await home.sidecar('orders', { port: String(port), ingress: '0' });
    for (const before of [SLOW, ODD]) {
      const socket = await dialPlain(ports.ingress?.port ?? 0);
      socket.write(before + bytes);
      const seen = (await readAll(socket)).toString();
      assert.doesNotMatch(seen, /HTTP\/1\.1 (?:101|405)[^]*slow/);
      socket.destroy();
    }
    const web = await home.join('web');
    assert.equal(await (await web.fetch('http://orders/')).text(), 'well');
  });
}

test('CONNECT behind a request without credential ends the connection and nothing else', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await home.serve((_, response) => response.end('well'));
  const { ports } = await home.sidecar('orders', { port: String(port) });
  const socket = await dialPlain(ports.proxy ?? 0);
  const bare = 'GET http://orders.mesh.internal/ HTTP/1.1\r\nhost: orders.mesh.internal\r\n\r\n';
  socket.write(bare + 'CONNECT orders.mesh.internal:80 HTTP/1.1\r\nhost: orders.mesh.internal:80\r\n\r\n');
  assert.match((await readAll(socket)).toString(), /^HTTP\/1\.1 407 /);
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
});
