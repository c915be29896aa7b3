import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { Tunnel, TunnelDuplex } from '@themis-mesh/channel';
import { Stage, waitFor, within } from '@themis-mesh/testkit';

interface DuplexPair extends AsyncDisposable {
  readonly tunnel: Tunnel;
  readonly accepter: () => Tunnel;
  readonly begin: () => TunnelDuplex;
  readonly take: (index?: number) => Promise<TunnelDuplex>;
}

async function open(onDuplex: (duplex: TunnelDuplex) => void = () => undefined): Promise<DuplexPair> {
  const taken: TunnelDuplex[] = [];
  const accepters: Tunnel[] = [];
  const stage = await Stage.open({
    protocols: ['themis/1'],
    onChannel: (channel) => {
      const onStream = (stream: Parameters<TunnelDuplex['attach']>[0]): TunnelDuplex => {
        const duplex = new TunnelDuplex().attach(stream);
        duplex.on('error', () => undefined);
        taken.push(duplex);
        onDuplex(duplex);
        return duplex;
      };
      accepters.push(new Tunnel({ channel, onStream }));
    },
  });
  const tunnel = new Tunnel({ channel: await stage.dial({ protocol: 'themis/1' }) });
  await waitFor(() => tunnel.hasRoom, 'room');
  return {
    tunnel,
    accepter: () => accepters[0] ?? assert.fail('no accepter'),
    begin: () => {
      const duplex = new TunnelDuplex();
      duplex.on('error', () => undefined);
      return duplex.attach(tunnel.open('bytes', '', false, duplex));
    },
    take: (index = 0) => waitFor(() => taken[index], 'the stream'),
    [Symbol.asyncDispose]: async () => {
      tunnel.channel.cut();
      await stage[Symbol.asyncDispose]();
    },
  };
}

/** What comes, to its end. The readers of `node:stream` destroy what they have read, both directions. */
function text(from: Duplex): Promise<string> {
  let all = '';
  from.on('data', (bytes: Buffer) => (all += bytes.toString('latin1')));
  return within(new Promise((resolve) => from.once('end', () => resolve(all))), 'the end');
}

/** Chunks of many sizes, some larger than a frame and than the credit of a stream. */
function* chunks(total: number): Generator<Buffer> {
  const pattern = randomBytes(1_000_003);
  const sizes = [1, 100_000, 17, 65_536, 65_537, 900_000, 4096];
  for (let sent = 0, index = 0; sent < total; index += 1) {
    const size = Math.min(sizes[index % sizes.length] ?? 1, total - sent);
    const from = (index * 7919) % (pattern.length - size);
    sent += size;
    yield Buffer.from(pattern.subarray(from, from + size));
  }
}

test('48 MiB each way through streams of Node, at the same time, arrive as they were sent', async () => {
  await using pair = await open();
  const near = pair.begin();
  const far = await pair.take();
  near.allowHalfOpen = true;
  far.allowHalfOpen = true;
  const send = async (to: TunnelDuplex): Promise<string> => {
    const hash = createHash('sha256');
    const source = Readable.from(
      (function* () {
        for (const chunk of chunks(48 * 1_048_576)) {
          hash.update(chunk);
          yield chunk;
        }
      })(),
    );
    await pipeline(source, to);
    return hash.digest('hex');
  };
  const receive = async (from: TunnelDuplex): Promise<string> => {
    const hash = createHash('sha256');
    from.on('data', (chunk: Buffer) => void hash.update(chunk));
    await once(from, 'end');
    return hash.digest('hex');
  };
  const [there, here, gotThere, gotHere] = await within(
    Promise.all([send(near), send(far), receive(far), receive(near)]),
    'both ways',
    60_000,
  );
  assert.equal(gotThere, there);
  assert.equal(gotHere, here);
  await waitFor(() => pair.tunnel.size + pair.accepter().size + pair.tunnel.unread + pair.accepter().unread === 0);
});

test('between two sockets, as a forward does: every byte, and each end by itself', async () => {
  await using pair = await open((far) => {
    far.allowHalfOpen = true;
    const back = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    back.pipe(far).pipe(back);
  });
  // Answers when the question is whole: only half-close tells it.
  const server = createServer(
    { allowHalfOpen: true },
    (socket) => void text(socket).then((all) => socket.end(all.toUpperCase())),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const near = pair.begin();
  near.allowHalfOpen = true;
  near.end('question '.repeat(100_000));
  assert.ok((await text(near)) === 'QUESTION '.repeat(100_000));
  await waitFor(() => pair.tunnel.size === 0);
  server.close();
});

test('as a socket of node:net it ends its own side with the other, unless it may be half open', async () => {
  await using pair = await open();
  const near = pair.begin();
  (await pair.take()).end('bye').resume();
  assert.equal(await text(near), 'bye');
  await waitFor(() => near.closed && pair.tunnel.size === 0);

  const half = pair.begin();
  half.allowHalfOpen = true;
  const far = await pair.take(1);
  far.allowHalfOpen = true;
  far.end('bye');
  assert.equal(await text(half), 'bye');
  assert.equal(half.closed, false);
  half.end('still here');
  assert.equal(await text(far), 'still here');
});

for (const side of ['near', 'far'] as const) {
  test(`a ${side} end that is destroyed destroys the other one, with a code`, async () => {
    await using pair = await open();
    const near = pair.begin();
    const far = await pair.take();
    const [mine, theirs] = side === 'near' ? [near, far] : [far, near];
    const failed = once(theirs, 'error') as Promise<[unknown]>;
    const written = new Promise<Error | null | undefined>((resolve) => {
      // More than there is credit for: it waits.
      mine.write(Buffer.alloc(500_000), resolve);
    });
    mine.destroy(new Error('enough'));
    const [error] = await within(failed, 'the error');
    assert.ok(ThemisError.is(error, 'THEMIS_CONNECTION_LOST'));
    assert.match(String(error), /broken/);
    assert.ok((await within(written, 'the write')) instanceof Error);
    await waitFor(() => pair.tunnel.size + pair.accepter().size === 0);
  });
}

test('a write that waits when it is destroyed without an error has not succeeded', async () => {
  await using pair = await open();
  const near = pair.begin();
  const written = new Promise<Error | null | undefined>((resolve) => void near.write(Buffer.alloc(500_000), resolve));
  near.destroy();
  assert.ok((await within(written, 'the write')) instanceof Error);
});

test('a channel that is cut destroys all streams', async () => {
  await using pair = await open();
  const near = pair.begin();
  const far = await pair.take();
  const errors = Promise.all([once(near, 'error'), once(far, 'error')]);
  pair.tunnel.channel.cut();
  await within(errors, 'the errors');
  assert.ok(near.destroyed && far.destroyed);
});

test('one that was destroyed before it had a stream resets it', async () => {
  await using pair = await open();
  const early = new TunnelDuplex();
  early.destroy();
  early.attach(pair.tunnel.open('bytes', '', false, early));
  const far = await pair.take();
  await waitFor(() => far.destroyed);
  assert.equal(pair.tunnel.size, 0);
});

test('a head on a stream of bytes ends it', async () => {
  await using pair = await open();
  const near = new TunnelDuplex();
  near.on('error', () => undefined);
  const stream = pair.tunnel.open('bytes', '', false, near);
  near.attach(stream);
  const far = await pair.take();
  stream.head('200', false);
  await waitFor(() => far.destroyed && near.destroyed);
});

test('what nobody reads counts beyond the end of its stream, until it is read or destroyed', async () => {
  await using pair = await open();
  const [one, other] = [pair.begin(), pair.begin()];
  one.resume().end(Buffer.alloc(60_000));
  other.resume().end(Buffer.alloc(60_000));
  const [read, destroyed] = [await pair.take(), await pair.take(1)];
  read.end();
  destroyed.end();
  await waitFor(() => pair.tunnel.size + pair.accepter().size === 0);
  // What Node's own buffers take is not counted: 16 KiB of each.
  const { unread } = pair.accepter();
  assert.ok(unread >= 2 * (60_000 - 16_384 - 16_384) && unread <= 120_000, `${unread} bytes`);
  assert.equal((await text(read)).length, 60_000);
  destroyed.destroy();
  await waitFor(() => pair.accepter().unread === 0);
});

test('a reader that stops holds back the writer, and costs no more than its credit', async () => {
  await using pair = await open();
  const near = pair.begin();
  let written = 0;
  const chunk = Buffer.alloc(32_768);
  const write = (): void => {
    do written += chunk.length;
    while (near.write(chunk) && written < 10_000_000);
  };
  near.on('drain', write);
  write();
  await pair.take();
  await within(
    pair.tunnel.ping().then(() => pair.tunnel.ping()),
    'the answers',
  );
  assert.ok(written < 65_536 + 16_384 * 2 + 65_536 * 2, `${written} bytes`);
  assert.ok(pair.accepter().unread <= 65_536);
});
