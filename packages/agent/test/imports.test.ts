import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { readSidecarOptions, type SidecarFlags } from '@themis-mesh/agent';
import { removeService } from '@themis-mesh/owner';
import { freePort, within } from '@themis-mesh/testkit';
import { ask, echo, proxyOf } from './proxy-bed.ts';
import { dialPlain, readUntil } from './raw.ts';
import { serviceName, TestHome } from './test-home.ts';

/** The shop, whose `web` is behind a sidecar, and billing, which lets it call its invoices. Both have a service `web`. */
async function twoApps(): Promise<{ readonly shop: TestHome; readonly billing: TestHome } & AsyncDisposable> {
  const shop = await TestHome.create('web');
  const billing = await TestHome.sharing(shop, 'invoices', 'web', 'db');
  await shop.import('billing', billing);
  await billing.import('shop', shop);
  return {
    shop,
    billing,
    async [Symbol.asyncDispose]() {
      await billing[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

/** A program that says back what it hears. @returns its port */
async function echoOf(home: TestHome): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  home.onEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A sidecar that lets callers in, by default the shop's `web`. */
async function allowing(home: TestHome, service: string, flags: SidecarFlags, ...allow: readonly string[]): Promise<void> {
  const { mesh } = await home.sidecar(service, flags);
  mesh.setPolicy({ allow: allow.length === 0 ? ['web.shop'] : allow });
}

interface Echoed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

function echoed(answer: string): Echoed {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Echoed;
}

test('a program calls a service of another app by its proxy, and that one is told who calls', async () => {
  await using it = await twoApps();
  const port = await it.billing.serve((request, response) => response.end(echo(request)));
  await allowing(it.billing, 'invoices', { port: String(port) });
  const { port: proxy, credential } = await proxyOf(it.shop);
  const answer = await ask(
    proxy,
    `GET http://invoices.billing.mesh.internal/open HTTP/1.1\r\nhost: invoices.billing.mesh.internal\r\n` +
      `proxy-authorization: ${credential}\r\nx-themis-caller: web\r\nx-forwarded-client-cert: URI=spiffe://evil\r\nconnection: close\r\n\r\n`,
  );
  const { url, headers } = echoed(answer);
  assert.equal(url, '/open');
  assert.equal(headers['x-themis-caller'], 'web.shop');
  assert.match(
    headers['x-forwarded-client-cert'] ?? '',
    /^By=spiffe:\/\/[a-z2-7]{52};Hash=[0-9a-f]{64};URI=spiffe:\/\/[a-z2-7]{52}\/i\/\S+$/,
  );
  assert.equal(headers['host'], 'invoices.billing.mesh.internal');
});

test('nobody of another app passes for an own service, whatever headers he sends', async () => {
  await using it = await twoApps();
  const port = await it.billing.serve((request, response) => response.end(echo(request)));
  await allowing(it.billing, 'invoices', { port: String(port) }, 'web.shop', 'web');
  const forged = { 'X-Themis-Caller': 'web', x_themis_caller: 'web', 'x-forwarded-client-cert': 'By=a;URI=spiffe://b' };
  const [theirs, own] = [await it.shop.join('web'), await it.billing.join('web')];
  const told = async (response: Response): Promise<string[]> =>
    Object.entries(((await response.json()) as Echoed).headers)
      .filter(([name]) => name.replaceAll('_', '-') === 'x-themis-caller')
      .map(([, value]) => value);
  assert.deepEqual(await told(await theirs.fetch('http://invoices.billing/', { headers: forged })), ['web.shop']);
  assert.deepEqual(await told(await own.fetch('http://invoices/', { headers: forged })), ['web']);
});

test('the names of apps that are not imported lead nowhere, and a name inside a tunnel must be that of the tunnel', async () => {
  await using it = await twoApps();
  const port = await it.billing.serve((request, response) => response.end(echo(request)));
  await allowing(it.billing, 'invoices', { port: String(port) });
  const { port: proxy, credential } = await proxyOf(it.shop);
  const get = (host: string): Promise<string> =>
    ask(
      proxy,
      `GET http://${host}/ HTTP/1.1\r\nhost: ${host}\r\nproxy-authorization: ${credential}\r\nconnection: close\r\n\r\n`,
    );
  assert.match(await get('invoices.other.mesh.internal'), /^HTTP\/1\.1 404 [^]*THEMIS_NAME_UNKNOWN/);
  assert.match(await get('invoices.mesh.internal'), /^HTTP\/1\.1 404 [^]*THEMIS_NAME_UNKNOWN/);
  assert.match(await get('a.invoices.billing.mesh.internal'), /^HTTP\/1\.1 400 /);
  for (const [host, status] of [
    ['invoices.billing.mesh.internal', '200'],
    ['invoices.mesh.internal', '400'],
    ['web.billing.mesh.internal', '400'],
  ] as const) {
    const socket = await dialPlain(proxy);
    socket.write(`CONNECT invoices.billing.mesh.internal:80 HTTP/1.1\r\nhost: a\r\nproxy-authorization: ${credential}\r\n\r\n`);
    assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 200 /);
    socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    assert.match(await readUntil(socket, '\r\n\r\n'), new RegExp(`^HTTP/1\\.1 ${status} `), host);
    socket.destroy();
  }
});

test('a forward leads to a service of another app, until that removes it', async () => {
  await using it = await twoApps();
  const port = await echoOf(it.billing);
  await allowing(it.billing, 'db', { port: String(port), protocol: 'tcp' });
  const local = await freePort();
  await proxyOf(it.shop, { forward: [`${local}=db.billing`] });
  const socket = await dialPlain(local);
  socket.write('through the mesh\n');
  assert.equal(await readUntil(socket, '\n'), 'through the mesh\n');
  const closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve).on('error', resolve));
  socket.resume();
  await it.billing.asOwner((place) => removeService(place, serviceName('db')));
  await within(closed, 'the forwarded connection to be cut', 2000);
  socket.destroy();
});

test('what a sidecar is told of another app is checked with all the rest', () => {
  for (const flags of [{ forward: ['1=a.b.c'] }, { forward: ['1=a.'] }, { allow: ['.b'] }, { allow: ['a.B'] }]) {
    assert.throws(() => readSidecarOptions('web', [], { port: '1', ...flags }), { code: 'THEMIS_CONFIG_INVALID' });
  }
  const { forwards, policy } = readSidecarOptions('web', [], {
    port: '1',
    forward: ['5432=db.billing'],
    allow: ['web.shop', 'jobs'],
  });
  assert.deepEqual([forwards, policy?.allow], [[{ port: 5432, service: 'db.billing', protocol: 'tcp' }], ['web.shop', 'jobs']]);
});
