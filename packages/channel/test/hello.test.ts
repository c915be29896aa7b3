import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { test } from 'node:test';
import { secureContextOptions } from '@themis-mesh/channel';
import type { Address } from '@themis-mesh/core';
import { makeBadLeaves, Stage, within } from '@themis-mesh/testkit';

/** @returns the first bytes that the accepter says, or the error */
async function greet(options: ConnectionOptions): Promise<string> {
  const socket = connect({ rejectUnauthorized: false, ALPNProtocols: ['themis-tcp/1'], ...options });
  try {
    return await within(
      new Promise((resolve) => {
        socket.once('data', (bytes: Buffer) => {
          resolve(bytes.toString('latin1'));
        });
        socket.once('error', (error) => {
          resolve(error.message);
        });
        socket.once('close', () => {
          resolve('closed');
        });
      }),
    );
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

const NAMES: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  'an empty one': '',
  'the service': 'payments',
  'upper case': 'PAYMENTS.MESH.INTERNAL',
  'a trailing dot': 'payments.mesh.internal.',
  'another service': 'orders',
  'a wildcard': '*',
  'a host of the internet': 'example.com',
  '253 characters': `${'a'.repeat(61)}.`.repeat(4).slice(0, 253),
  'a NUL': 'payments\0.example.com',
  spaces: 'pay ments',
};

for (const [what, servername] of Object.entries(NAMES)) {
  test(`a hello with the server name: ${what}`, async () => {
    await using stage = await Stage.open();
    const [bad] = await makeBadLeaves(stage.app, 'web', Math.floor(Date.now() / 1000));
    assert(bad !== undefined);
    const name = servername === undefined ? {} : { servername };
    const good = await greet({ ...stage.address, ...name, ...secureContextOptions(await stage.app.leaf('web')) });
    const refused = await greet({ ...stage.address, ...name, ...secureContextOptions(bad.leaf) });
    const { key: _key, cert: _cert, ...profile } = secureContextOptions(bad.leaf);
    const anonymous = await greet({ ...stage.address, ...name, ...profile });
    assert.match(good, /"accepted"/);
    assert.match(refused, /"refused".*"leaf-expired"/);
    assert.match(anonymous, /"refused".*"chain-empty"/);
    assert.equal(stage.accepted.length, 1);
  });
}

test('a hello with a server name of 300 bytes is answered by an alert', async () => {
  await using stage = await Stage.open();
  const hello = await captureHello('a'.repeat(200));
  // A name has at most 255 bytes. No client sends more, so that it has to be put together by hand.
  assert.deepEqual(await firstRecord(stage.address, hello), HANDSHAKE);
  assert.deepEqual(await firstRecord(stage.address, lengthenName(hello, 'a'.repeat(200), 55)), HANDSHAKE);
  assert.deepEqual(await firstRecord(stage.address, lengthenName(hello, 'a'.repeat(200), 56)), ALERT);
  assert.deepEqual(await firstRecord(stage.address, lengthenName(hello, 'a'.repeat(200), 100)), ALERT);
  assert.equal(stage.accepted.length, 0);
});

const ALERT = 21;
const HANDSHAKE = 22;

/** The bytes with which a client begins. */
async function captureHello(servername: string): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, servername, minVersion: 'TLSv1.3' }).on('error', () => undefined);
  const [socket] = (await within(once(server, 'connection'))) as [Socket];
  const [hello] = (await within(once(socket, 'data'))) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** RFC 8446 section 4.1.2, RFC 6066 section 3: the name, and every length around it. */
function lengthenName(hello: Buffer, name: string, by: number): Buffer {
  const at = hello.indexOf(name);
  const longer = Buffer.concat([hello.subarray(0, at), Buffer.alloc(by, 'a'), hello.subarray(at)]);
  const record = 3;
  const handshake = 7;
  const sessionId = 43;
  const ciphers = sessionId + 1 + (hello[sessionId] ?? 0);
  const compressions = ciphers + 2 + hello.readUInt16BE(ciphers);
  const extensions = compressions + 1 + (hello[compressions] ?? 0);
  for (const length of [record, handshake, extensions, at - 7, at - 5, at - 2]) {
    longer.writeUInt16BE(hello.readUInt16BE(length) + by, length);
  }
  return longer;
}

/** The type of the first record that comes back. */
async function firstRecord(to: Address, bytes: Buffer): Promise<number | undefined> {
  const socket = connectTcp({ ...to }).on('error', () => undefined);
  socket.write(bytes);
  const [answer] = (await within(once(socket, 'data'))) as [Buffer];
  socket.destroy();
  return answer[0];
}

test('a client without a certificate is refused, on each protocol', async () => {
  await using stage = await Stage.open();
  for (const protocol of ['themis-http/1', 'themis-tcp/1', 'http/1.1']) {
    const said = await greet({ ...stage.address, minVersion: 'TLSv1.3', ALPNProtocols: [protocol] });
    assert.match(said, /chain-empty/);
    assert.match(said, protocol === 'http/1.1' ? /^HTTP\/1\.1 403 / : /^..\{"answer":"refused"/);
  }
  assert.deepEqual(stage.refusals, ['chain-empty', 'chain-empty', 'chain-empty']);
  assert.equal(stage.accepted.length, 0);
});
