import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createServer as createHttpServer, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { dial, expectService, type Channel, type DialOptions } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import { Stage, SwappableCredentials, waitFor, within } from '@themis-mesh/testkit';

test('both ends know who is at the other one', async () => {
  await using stage = await Stage.open();
  const channel = await stage.dial();
  const [accepted] = stage.accepted;
  assert(accepted !== undefined);
  assert.equal(channel.peer.name, 'payments');
  assert.equal(channel.peer.id, stage.app.service('payments').id);
  assert.equal(accepted.peer.name, 'web');
  assert.equal(accepted.peer.spiffeId, `spiffe://${stage.app.service('web').id}/i/i1`);
  assert.equal(channel.protocol, 'themis-tcp/1');
  assert.equal(accepted.protocol, 'themis-tcp/1');
  assert.equal(accepted.ownSerial, stage.credentials.current.serial);
  assert.equal(accepted.peer.chain.serial, channel.ownSerial);
  assert.deepEqual(stage.refusals, []);
});

test('it is TLS 1.3, post-quantum, and no session of another connection', async () => {
  await using stage = await Stage.open();
  const { socket, group } = await stage.dial();
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  assert.equal(socket.isSessionReused(), false);
  // Node 24 does not tell the group; Node 26 does, to the dialler.
  assert.equal(group, process.versions.node.startsWith('24.') ? undefined : 'X25519MLKEM768');
  assert.equal(stage.accepted[0]?.group, undefined);
});

test('bytes go both ways, and none is lost behind the answer', async () => {
  await using stage = await Stage.open({
    onChannel: ({ socket }) => {
      socket.write('hello');
      socket.pipe(socket);
    },
  });
  const { socket } = await stage.dial();
  socket.write(' and back');
  let heard = '';
  socket.setEncoding('utf8').on('data', (some: string) => (heard += some));
  await waitFor(() => heard === 'hello and back', 'the echo');
});

test('an HTTP server and client run over it', async () => {
  const server = createHttpServer((_, response) => response.end('answered'));
  await using stage = await Stage.open({ onChannel: ({ socket }) => server.emit('connection', socket) });
  for (const protocol of ['themis-http/1', 'http/1.1'] as const) {
    const { socket } = await stage.dial({ protocol });
    const call = request({ createConnection: () => socket, path: '/' }).end();
    const [response] = (await within(once(call, 'response'))) as [IncomingMessage];
    assert.equal(await text(response), 'answered');
  }
});

test('another service than the one expected is refused, however good its leaf', async () => {
  await using stage = await Stage.open();
  const failure = stage.dial({ expect: expectService('orders') });
  await assert.rejects(failure, (error) => ThemisError.is(error, 'THEMIS_PEER_REFUSED') && error.refusal?.code === 'member-name');
  // The accepter meets the end in its handshake or behind it.
  const isOver = (): boolean => stage.refusals[0] === 'handshake-failed' || stage.accepted[0]?.state.is === 'closed';
  await waitFor(isOver, 'the accepter to see the end');
});

test('nobody dials without saying whom he expects', () => {
  // Never run: these are tests of the types.
  const dialNobody = (options: Omit<DialOptions, 'expect'>): readonly Promise<Channel>[] => [
    // @ts-expect-error: `expect` is missing
    dial(options),
    // @ts-expect-error: nobody is no expectation
    dial({ ...options, expect: undefined }),
  ];
  assert.equal(typeof dialNobody, 'function');
});

test('a protocol that is not spoken there is refused in the handshake', async () => {
  await using stage = await Stage.open({ protocols: ['themis-http/1'] });
  await assert.rejects(stage.dial({ protocol: 'themis-tcp/1' }), (error) => ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED'));
  assert.deepEqual(stage.refusals, ['handshake-failed']);
  assert.match(stage.refused[0]?.refusal.detail ?? '', /NO_APPLICATION_PROTOCOL/);
});

test('nobody listens: the dial failed, and another may be tried', async () => {
  const stage = await Stage.open();
  await stage[Symbol.asyncDispose]();
  await assert.rejects(stage.dial(), (error) => ThemisError.is(error, 'THEMIS_DIAL_FAILED') && error.retryable);
});

test('a dial can be aborted, before and while it waits', async () => {
  await using stage = await Stage.open();
  await assert.rejects(stage.dial({ signal: AbortSignal.abort() }), (error) => ThemisError.is(error, 'THEMIS_ABORTED'));
  const abort = new AbortController();
  const failure = stage.dial({ signal: abort.signal });
  abort.abort();
  await assert.rejects(failure, (error) => ThemisError.is(error, 'THEMIS_ABORTED'));
});

test('a signal that comes after the dial does nothing', async () => {
  await using stage = await Stage.open();
  const abort = new AbortController();
  const channel: Channel = await stage.dial({ signal: abort.signal });
  abort.abort();
  assert.equal(channel.state.is, 'open');
});

test('one leaf makes many channels', async () => {
  await using stage = await Stage.open();
  const credentials = new SwappableCredentials(await stage.app.leaf('web'));
  const plan: DialOptions = {
    address: stage.address,
    protocol: 'themis-tcp/1',
    credentials,
    authenticator: stage.app.trust(),
    expect: expectService('payments'),
  };
  const channels = await Promise.all(Array.from({ length: 20 }, () => dial(plan)));
  assert.equal(stage.listener.channels.size, 20);
  for (const channel of channels) channel.cut();
  await waitFor(() => stage.listener.channels.size === 0, 'the ends of all');
});
