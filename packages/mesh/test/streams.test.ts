import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ByteStream, StreamEnd, StreamReceiver } from '@themis-mesh/channel';
import { waitFor } from '@themis-mesh/testkit';
import type { StreamListener } from '@themis-mesh/mesh';
import { rejectsWith } from './expect-code.ts';
import { serviceName, TestHome } from './test-home.ts';

/** Takes what comes, and keeps it. */
class Taken implements StreamReceiver {
  text = '';
  hasEnded = false;
  broken: StreamEnd | undefined;
  stream: ByteStream | undefined;
  onHead = (): void => undefined;
  onWritable = (): void => undefined;
  onData(bytes: Buffer): void {
    this.text += bytes.toString('latin1');
    this.stream?.consumed(bytes.length);
  }
  onEnd(): void {
    this.hasEnded = true;
  }
  onReset(code: StreamEnd): void {
    this.broken = code;
  }
}

/** Says back what it is told, and ends when it is told all. */
const echo: StreamListener = (stream) => {
  const taken = new Taken();
  taken.onData = (bytes) => {
    stream.write(bytes);
    stream.consumed(bytes.length);
  };
  taken.onEnd = () => stream.end();
  return taken;
};

function turningAway(
  code: 'refused' | 'unreachable' | 'broken',
  times: number,
): StreamListener & { readonly seen: () => number } {
  let seen = 0;
  const listener: StreamListener = (stream, peer) => {
    seen += 1;
    if (seen > times) return echo(stream, peer);
    const taken = new Taken();
    // When something has come, so that it is too late for whoever keeps nothing.
    taken.onData = () => stream.reset(code);
    return taken;
  };
  return Object.assign(listener, { seen: () => seen });
}

async function openTo(home: TestHome, ...listeners: readonly StreamListener[]) {
  for (const listener of listeners) {
    const db = await home.join('db');
    await db.createStreamServer(listener).listen(0);
  }
  const web = await home.join('web');
  const taken = new Taken();
  const stream = await web.openStream('db', taken);
  taken.stream = stream;
  return { stream, taken, web };
}

test('streams share a channel, and each is told of to the log', async () => {
  await using home = await TestHome.create('web', 'db');
  const db = await home.join('db');
  await db.createStreamServer(echo).listen(0);
  const web = await home.join('web');
  const all = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const taken = new Taken();
      taken.stream = await web.openStream('db', taken);
      taken.stream.end(Buffer.from(`number ${index}`));
      return taken;
    }),
  );
  await waitFor(() => all.every(({ hasEnded }) => hasEnded), 'all to be answered');
  assert.deepEqual(
    all.map(({ text }) => text),
    all.map((_, index) => `number ${index}`),
  );
  assert.match(web.metrics.text(), /themis_channels_open\{direction="outbound"\} 1\n/);
  assert.match(web.metrics.text(), /themis_requests_total\{direction="outbound",peer="db",protocol="tcp",status="none"\} 50\n/);
  await waitFor(() => /themis_requests_in_flight\{direction="inbound"\} 0\n/.test(db.metrics.text()), 'the end of all');
});

test('streams are shared among instances as the rules say, and go to another service where they say so', async () => {
  await using home = await TestHome.create('web', 'db', 'archive');
  const naming = (name: string): StreamListener => {
    return (stream) => {
      stream.end(Buffer.from(name));
      return new Taken();
    };
  };
  for (const version of ['v1', 'v2']) {
    const db = await home.join('db', { labels: { version } });
    await db.createStreamServer(naming(version)).listen(0);
  }
  await (await home.join('archive')).createStreamServer(naming('archive')).listen(0);
  const web = await home.join('web');
  const ask = async (): Promise<string> => {
    const taken = new Taken();
    taken.stream = await web.openStream('db', taken);
    await waitFor(() => taken.hasEnded, 'the answer');
    taken.stream.end();
    return taken.text;
  };
  web.setTraffic({ db: { split: [{ weight: 1, labels: { version: 'v2' } }] } });
  for (let time = 0; time < 10; time += 1) assert.equal(await ask(), 'v2');
  web.setTraffic({ db: { split: [{ weight: 1, service: serviceName('archive') }] } });
  assert.equal(await ask(), 'archive');
  web.setTraffic({ db: { split: [{ weight: 1, labels: { version: 'v3' } }] } });
  await rejectsWith(web.openStream('db', new Taken()), 'THEMIS_NO_INSTANCE');
});

test('a stream that was refused is opened again, with what was sent of it', async () => {
  await using home = await TestHome.create('web', 'db');
  const listener = turningAway('refused', 2);
  const { stream, taken } = await openTo(home, listener);
  stream.write(Buffer.from('kept '));
  stream.end(Buffer.from('for you'));
  await waitFor(() => taken.hasEnded || taken.broken !== undefined, 'an end');
  assert.equal(taken.text, 'kept for you');
  assert.equal(listener.seen(), 3);
});

test('a stream whose program cannot be reached is opened at another instance', async () => {
  await using home = await TestHome.create('web', 'db');
  // Whichever is asked first.
  let isFirst = true;
  const listener: StreamListener = (stream, peer) => {
    const isTurnedAway = isFirst;
    isFirst = false;
    if (!isTurnedAway) return echo(stream, peer);
    stream.reset('unreachable', 'ECONNREFUSED');
    return new Taken();
  };
  const { stream, taken } = await openTo(home, listener, listener);
  stream.end(Buffer.from('hello'));
  await waitFor(() => taken.hasEnded || taken.broken !== undefined, 'an end');
  assert.equal(taken.text, 'hello');
});

test('it ends where all instances turn it away, and where something was processed it is not sent twice', async () => {
  await using home = await TestHome.create('web', 'db');
  const never = turningAway('refused', Infinity);
  const { stream, taken, web } = await openTo(home, never);
  stream.write(Buffer.from('hello'));
  await waitFor(() => taken.broken !== undefined, 'the last word');
  assert.equal(taken.broken, 'refused');
  assert.equal(never.seen(), 4);
  assert.match(web.metrics.text(), /themis_requests_in_flight\{direction="outbound"\} 0\n/);

  await using other = await TestHome.create('web', 'db');
  const broken = turningAway('broken', Infinity);
  const once = await openTo(other, broken);
  once.stream.write(Buffer.from('hello'));
  await waitFor(() => once.taken.broken !== undefined, 'the break');
  assert.equal(once.taken.broken, 'broken');
  assert.equal(broken.seen(), 1);
});

test('more than is kept is not sent again', async () => {
  await using home = await TestHome.create('web', 'db');
  const listener = turningAway('refused', Infinity);
  const { stream, taken } = await openTo(home, listener);
  stream.write(Buffer.alloc(16_385));
  await waitFor(() => taken.broken !== undefined, 'the reset');
  assert.equal(listener.seen(), 1);
});

test('an instance that has no tunnels is asked on a channel of its own', async () => {
  await using home = await TestHome.create('web', 'db');
  const db = await home.join('db');
  const server = db.createStreamServer(echo);
  const { port } = await server.listen(0);
  const channel = await home.channel('web', port, 'themis-tcp/1');
  channel.socket.end('an old caller');
  let text = '';
  channel.socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(channel.socket, 'end');
  assert.equal(text, 'an old caller');
});

test('who calls nobody is told so, and not as an end', async () => {
  await using home = await TestHome.create('web', 'db');
  const web = await home.join('web');
  const taken = new Taken();
  await rejectsWith(web.openStream('db', taken), 'THEMIS_NO_INSTANCE');
  await rejectsWith(web.openStream('nobody', taken), 'THEMIS_NAME_UNKNOWN');
  assert.equal(taken.broken, undefined);
});
