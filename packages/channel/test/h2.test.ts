import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, constants, createServer, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { secureContextOptions, type Protocol } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import { makeBadLeaves, Stage, waitFor, within, type TestLeaf } from '@themis-mesh/testkit';

const PROTOCOLS: readonly Protocol[] = ['themis-h2/1', 'h2'];

for (const protocol of PROTOCOLS) {
  test(`an HTTP/2 server and client run over ${protocol}, and no byte is lost behind the answer`, async () => {
    const server = createServer((request, response) => response.end(`answered ${request.url}`));
    await using stage = await Stage.open({ protocols: PROTOCOLS, onChannel: ({ socket }) => server.emit('connection', socket) });
    const { socket } = await stage.dial({ protocol });
    // The server's SETTINGS are there before anybody reads them.
    await waitFor(() => socket.readableLength > 0 || socket.bytesRead > 0, 'the first bytes');
    const session = connectHttp2('http://payments', { createConnection: () => socket });
    assert.equal(await text(session.request({ ':path': '/charge' })), 'answered /charge');
    session.close();
    await within(once(session, 'close'));
  });
}

test('a caller that is refused on h2 reads why in a GOAWAY, before a byte that it sent was looked at', async () => {
  await using stage = await Stage.open({ protocols: PROTOCOLS });
  const leaf = await expired(stage);
  const tls = connect({ ...stage.address, ...secureContextOptions(leaf), ALPNProtocols: ['h2'], ...BLIND });
  const session = connectHttp2('https://payments', { createConnection: () => tls });
  session.on('error', () => undefined);
  const stream: ClientHttp2Stream = session.request({ ':path': '/charge' });
  stream.on('error', () => undefined);
  const [code, lastStream, debugData] = (await within(once(session, 'goaway'))) as [number, number, Buffer];
  assert.equal(code, constants.NGHTTP2_INADEQUATE_SECURITY);
  assert.equal(lastStream, 0);
  assert.equal(debugData.toString(), '{"error":"THEMIS_REFUSED_BY_PEER","refusal":"leaf-expired"}\n');
  await waitFor(() => stream.destroyed && session.destroyed, 'the end of the request');
  assert.deepEqual(stage.refusals, ['leaf-expired']);
  assert.equal(stage.accepted.length, 0);
});

test('a caller that is refused on themis-h2/1 is told by the answer', async () => {
  await using stage = await Stage.open({ protocols: PROTOCOLS });
  const bad = await expired(stage);
  const failure = stage.dial({ as: bad, protocol: 'themis-h2/1' });
  await assert.rejects(
    failure,
    (error) => ThemisError.is(error, 'THEMIS_REFUSED_BY_PEER') && error.refusal?.code === 'leaf-expired',
  );
});

test('the accepter prefers the name that it lists first', async () => {
  await using stage = await Stage.open({ protocols: PROTOCOLS });
  const leaf = await stage.app.leaf('web');
  const socket = connect({ ...stage.address, ...secureContextOptions(leaf), ALPNProtocols: ['h2', 'themis-h2/1'], ...BLIND });
  await within(once(socket, 'secureConnect'));
  assert.equal(socket.alpnProtocol, 'themis-h2/1');
  socket.destroy();
});

test('a channel goes over a connection that is open already', async () => {
  await using stage = await Stage.open({ onChannel: ({ socket }) => socket.pipe(socket) });
  const over = connectTcp({ ...stage.address });
  await within(once(over, 'connect'));
  const { socket, peer } = await stage.dial({ over });
  assert.equal(peer.name, 'payments');
  socket.end('there and back');
  assert.equal(await within(text(socket)), 'there and back');
});

test('a connection that ended before the handshake is a failed dial', async () => {
  await using stage = await Stage.open();
  const over = connectTcp({ ...stage.address });
  await within(once(over, 'connect'));
  over.destroy();
  await assert.rejects(stage.dial({ over }), (error) => ThemisError.is(error) && error.retryable);
});

/** The callers of these tests look at nobody's certificate. */
const BLIND = { rejectUnauthorized: false } as const;

async function expired(stage: Stage): Promise<TestLeaf> {
  const bad = await makeBadLeaves(stage.app, 'web', Math.floor(Date.now() / 1000));
  const leaf = bad.find(({ refusal }) => refusal === 'leaf-expired')?.leaf;
  assert(leaf !== undefined);
  return leaf;
}
