import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer as createTcpServer } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { dial, encodeAnswer, expectService, secureContextOptions, type Channel } from '@themis-mesh/channel';
import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import { ManualClock, SwappableCredentials, TestApp, waitFor, within } from '@themis-mesh/testkit';

const app = await TestApp.found(['web', 'payments']);
const payments = await app.leaf('payments');
const credentials = new SwappableCredentials(await app.leaf('web'));
const trust = app.trust();

/** A server with a good leaf that then says something else than an answer. */
async function serve(speak: (socket: TLSSocket) => void, options: TlsOptions = {}): Promise<AsyncDisposable & { port: number }> {
  const profile = { ...secureContextOptions(payments), requestCert: true, rejectUnauthorized: false };
  return listen(createServer({ ALPNProtocols: ['themis-tcp/1', 'http/1.1'], ...profile, ...options }, speak));
}

async function listen(server: Server): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket.on('error', () => undefined));
  };
  server
    .on('connection', keep)
    .on('secureConnection', keep)
    .on('tlsClientError', (_, socket: Socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function call({ port }: { readonly port: number }, options: { timeout?: number; clock?: ManualClock } = {}): Promise<Channel> {
  const address = { host: '127.0.0.1', port };
  const expect = expectService('payments');
  return dial({ address, protocol: 'themis-tcp/1', credentials, authenticator: trust, expect, ...options });
}

const failsWith =
  (...codes: ErrorCode[]) =>
  (error: unknown): boolean =>
    ThemisError.is(error) && codes.includes(error.code);

const accepted = encodeAnswer(Date.now());

const GARBAGE = {
  'nothing, and its end': Buffer.alloc(0),
  'half a length': Buffer.of(0),
  'a length alone': Buffer.of(0, 40),
  'a length of nothing': Buffer.of(0, 0, 1, 2, 3),
  'an oversized answer': Buffer.concat([Buffer.of(0x02, 0x01), Buffer.alloc(513, '{')]),
  'the longest length': Buffer.concat([Buffer.of(0xff, 0xff), Buffer.alloc(70_000, ' ')]),
  'a truncated answer': accepted.subarray(0, -1),
  'an answer with its length too short': Buffer.concat([Buffer.of(0, accepted.length - 3), accepted.subarray(2)]),
  'an HTTP response': Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  'an SSH banner': Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'),
  zeros: Buffer.alloc(1000),
  chance: randomBytes(1000),
};

for (const [what, bytes] of Object.entries(GARBAGE)) {
  test(`an accepter that answers with ${what}`, async () => {
    await using server = await serve((socket) => socket.end(bytes));
    await assert.rejects(within(call(server)), failsWith('THEMIS_HANDSHAKE_FAILED'));
  });

  test(`an accepter that answers with ${what}, and stays`, async () => {
    await using server = await serve((socket) => socket.write(bytes));
    const failure = within(call(server, { timeout: 200 }));
    await assert.rejects(failure, failsWith('THEMIS_HANDSHAKE_FAILED', 'THEMIS_HANDSHAKE_TIMEOUT'));
  });
}

test('an answer that comes byte by byte is read, and what follows it is not lost', async () => {
  await using server = await serve((socket) => {
    const bytes = [...encodeAnswer(Date.now()), ...Buffer.from('after')];
    const next = (): void => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(next));
    };
    next();
  });
  const { socket } = await call(server);
  let heard = '';
  socket.on('data', (some: Buffer) => (heard += some.toString()));
  await waitFor(() => heard === 'after', 'the bytes behind the answer');
});

test('whatever an accepter answers, a dial fails with a code', async () => {
  const answers: Uint8Array[] = [];
  await using server = await serve((socket) => socket.end(answers.shift() ?? ''));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
      answers.push(bytes);
      await assert.rejects(within(call(server)), failsWith('THEMIS_HANDSHAKE_FAILED'));
    }),
    { numRuns: 40 },
  );
});

test('an accepter that says nothing is waited for no longer than the timeout', async () => {
  const clock = new ManualClock();
  let isSecure = false;
  await using server = await serve(() => (isSecure = true));
  const failure = assert.rejects(call(server, { clock, timeout: 3000 }), failsWith('THEMIS_HANDSHAKE_TIMEOUT'));
  await waitFor(() => isSecure, 'the handshake');
  clock.advance(3000);
  await failure;
  assert.equal(clock.pending, 0);
});

test('a port that takes connections and says nothing', async () => {
  await using server = await listen(createTcpServer());
  await assert.rejects(call(server, { timeout: 100 }), failsWith('THEMIS_HANDSHAKE_TIMEOUT'));
});

test('a port that speaks something else', async () => {
  for (const bytes of [Buffer.from('220 mail ready\r\n'), Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), randomBytes(300)]) {
    await using server = await listen(createTcpServer((socket) => socket.end(bytes)));
    await assert.rejects(within(call(server)), failsWith('THEMIS_HANDSHAKE_FAILED'));
  }
});

for (const [what, options, code] of [
  ['speaks TLS 1.2 only', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, 'THEMIS_HANDSHAKE_FAILED'],
  ['knows other groups only', { ecdhCurve: 'P-521:P-384' }, 'THEMIS_HANDSHAKE_FAILED'],
  ['speaks another protocol only', { ALPNProtocols: ['h2'] }, 'THEMIS_HANDSHAKE_FAILED'],
  ['agrees on no protocol', { ALPNProtocols: [] }, 'THEMIS_PEER_REFUSED'],
] as const satisfies readonly (readonly [string, TlsOptions, ErrorCode])[]) {
  test(`an accepter that ${what}`, async () => {
    await using server = await serve((socket) => socket.end(accepted), options);
    await assert.rejects(within(call(server)), failsWith(code));
  });
}

test('an accepter that asks for no certificate is not believed to have seen ours, but it is who it is', async () => {
  await using server = await serve((socket) => socket.write(encodeAnswer(Date.now())), { requestCert: false });
  const channel = await call(server);
  assert.equal(channel.peer.name, 'payments');
  channel.cut();
});
