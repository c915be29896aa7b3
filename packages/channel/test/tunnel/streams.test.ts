import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { Recorder } from './recorder.ts';
import { TunnelPair } from './tunnel-pair.ts';

test('a stream begins with its block, carries bytes both ways, and each way ends by itself', async () => {
  await using pair = await TunnelPair.open();
  const near = pair.begin('db:5432');
  const { stream, kind, block, isEnd, recorder: far } = await pair.take();
  assert.deepEqual([kind, block, isEnd], ['bytes', 'db:5432', false]);

  near.stream?.write(Buffer.from('question'));
  near.stream?.end();
  await far.ended();
  assert.equal(far.text, 'question');
  assert.equal(stream.isOver, false);
  assert.equal(near.hasEnded, false);

  stream.write(Buffer.from('answer'));
  stream.end(Buffer.from('!'));
  await near.ended();
  assert.equal(near.text, 'answer!');
  assert.ok(stream.isOver && stream.isSent);
  assert.ok(near.stream?.isOver);
  assert.equal(pair.dialler.size, 0);
  await waitFor(() => pair.accepter.size === 0);
});

test('the accepter may end first', async () => {
  await using pair = await TunnelPair.open({ onTaken: ({ stream }) => stream.end(Buffer.from('first')) });
  const near = pair.begin();
  await near.ended();
  near.stream?.end(Buffer.from('then me'));
  const { recorder } = await pair.take();
  await recorder.ended();
  assert.deepEqual([near.text, recorder.text], ['first', 'then me']);
});

test('a stream that begins with its end, and is answered by a head with its end, is over without data', async () => {
  await using pair = await TunnelPair.open({ onTaken: ({ stream }) => stream.head('204', true) });
  const near = new Recorder();
  near.on(pair.dialler.open('http', 'GET\n/', true, near));
  await near.ended();
  assert.deepEqual(near.events, ['head 204', 'end']);
  const { kind, isEnd, recorder } = await pair.take();
  assert.deepEqual([kind, isEnd, recorder.events], ['http', true, []]);
  assert.equal(pair.dialler.size + pair.accepter.size, 0);
});

test('heads, data and ends keep their order, whatever of them has to wait', async () => {
  const large = randomBytes(300_000);
  await using pair = await TunnelPair.open({
    onTaken: ({ stream }) => {
      stream.head('103\nlink\t</a>', false);
      stream.head('200', false);
      stream.write(large);
      stream.write(Buffer.from('small'));
      stream.head('between', false);
      stream.write(Buffer.from('more'));
      stream.head('x-digest\nabc', true);
    },
  });
  const near = pair.begin('', true);
  await near.ended();
  assert.deepEqual(near.events, [
    'head 103\nlink\t</a>',
    'head 200',
    'data',
    'head between',
    'data',
    'head x-digest\nabc',
    'end',
  ]);
  assert.equal(near.text, `${large.toString('latin1')}smallmore`);
});

test('bytes of every value survive in data and in heads', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  const block = bytes.toString('latin1');
  await using pair = await TunnelPair.open({
    onTaken: ({ stream }) => {
      stream.head(block, false);
      stream.end(bytes);
    },
  });
  const near = pair.begin(block, true);
  await near.ended();
  assert.equal((await pair.take()).block, block);
  assert.deepEqual(near.events, [`head ${block}`, 'data', 'end']);
  assert.deepEqual(near.bytes, bytes);
});

test('what is no head is refused where it is made', async () => {
  await using pair = await TunnelPair.open();
  const near = new Recorder();
  assert.throws(() => pair.dialler.open('http', 'a'.repeat(65_535), false, near), RangeError);
  assert.throws(() => pair.dialler.open('http', 'GET\n/\u{10a}', false, near), RangeError);
  assert.equal(pair.dialler.begun, 0);
  const stream = pair.dialler.open('http', 'a'.repeat(65_534), false, near);
  assert.throws(() => stream.head('a'.repeat(65_536), false), RangeError);
  // U+010A cut to one byte is a line feed.
  assert.throws(() => stream.head('x\u{10a}y', false), RangeError);
  stream.head('a'.repeat(65_535), true);
  const { block, recorder } = await pair.take();
  assert.equal(block.length, 65_534);
  await recorder.ended();
  assert.equal(recorder.events[0]?.length, 'head '.length + 65_535);
});

for (const who of ['dialler', 'accepter'] as const) {
  test(`a reset by the ${who} ends both directions, with its code and its detail, and nothing comes after it`, async () => {
    await using pair = await TunnelPair.open();
    const near = pair.begin();
    const far = (await pair.take()).recorder;
    const [mine, theirs] = who === 'dialler' ? [near, far] : [far, near];
    mine.stream?.write(Buffer.from('before'));
    mine.stream?.reset('forbidden', 'rule\n7\u{10a}');
    assert.equal(mine.stream?.isOver, true);
    mine.stream?.write(Buffer.from('after'));
    mine.stream?.end();
    mine.stream?.head('after', true);
    mine.stream?.reset('broken');
    assert.equal(await theirs.wasReset(), 'reset forbidden: rule?7?');
    theirs.stream?.write(Buffer.from('after'));
    theirs.stream?.consumed(1_000_000);
    await within(pair.dialler.ping(), 'the answer');
    await within(pair.accepter.ping(), 'the answer');
    assert.deepEqual(theirs.events, ['data', 'reset forbidden: rule?7?']);
    assert.equal(theirs.text, 'before');
    assert.deepEqual(mine.events, []);
    assert.equal(pair.dialler.size + pair.accepter.size + pair.dialler.unread + pair.accepter.unread, 0);
  });
}

test('a stream that both reset at once is over for both', async () => {
  await using pair = await TunnelPair.open();
  const near = pair.begin();
  const { stream, recorder } = await pair.take();
  near.stream?.reset('cancelled');
  stream.reset('broken');
  await within(pair.dialler.ping(), 'the answer');
  await within(pair.accepter.ping(), 'the answer');
  assert.deepEqual([near.events, recorder.events], [[], []]);
  assert.equal(pair.dialler.size + pair.accepter.size, 0);
});

test('a reset takes what waits with it, and nothing of what was sent', async () => {
  await using pair = await TunnelPair.open();
  const near = pair.begin();
  near.stream?.write(Buffer.alloc(65_536));
  assert.equal(near.stream?.write(Buffer.alloc(500_000)), false);
  near.stream?.reset('cancelled');
  const { recorder } = await pair.take();
  await recorder.wasReset();
  assert.ok(recorder.received >= 65_536 && recorder.received < 500_000, `${recorder.received} bytes`);
  assert.equal(pair.dialler.isStarved, false);
});

test('a receiver that resets the stream while it takes its last bytes hears of no end', async () => {
  const far = new Recorder();
  await using pair = await TunnelPair.open({ recorder: () => far, onTaken: ({ stream }) => stream });
  const onData = far.onData.bind(far);
  far.onData = (bytes) => {
    onData(bytes);
    far.stream?.reset('cancelled');
  };
  const near = pair.begin();
  near.stream?.end(Buffer.from('last'));
  await near.wasReset();
  assert.deepEqual(far.events, ['data']);
  assert.equal(pair.accepter.size, 0);
});

test('a receiver may write, end, reset and begin others from inside what it is told', async () => {
  await using pair = await TunnelPair.open({
    onTaken: ({ stream, block, recorder }) => {
      if (block === 'reset') stream.reset('unreachable');
      if (block === 'echo') recorder.onData = (bytes) => void (stream.consumed(bytes.length), stream.write(bytes));
      recorder.onEnd = () => stream.end();
    },
  });
  const order: string[] = [];
  const last = Promise.withResolvers<undefined>();
  const begin = (block: string, then: () => void): Recorder => {
    const recorder = pair.begin(block);
    recorder.onReset = (code) => {
      order.push(`${block} ${code}`);
      then();
    };
    recorder.onEnd = () => {
      order.push(`${block} end`);
      then();
    };
    return recorder;
  };
  begin('reset', () => {
    const echo = begin('echo', () => begin('reset', () => last.resolve(undefined)));
    echo.onData = (bytes) => {
      echo.stream?.consumed(bytes.length);
      echo.stream?.end();
    };
    echo.stream?.write(Buffer.from('hello'));
  });
  await within(last.promise, 'the last of them');
  assert.deepEqual(order, ['reset unreachable', 'echo end', 'reset unreachable']);
  assert.equal(pair.dialler.size, 0);
});

test('10,000 streams, 100 at a time, each with its own bytes', async () => {
  await using pair = await TunnelPair.open({
    onTaken: ({ stream, block, recorder }) => {
      stream.head(`200\n${block}`, false);
      recorder.onEnd = () => stream.end(recorder.bytes);
    },
  });
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < 10_000) {
      const name = `call ${next++}`;
      const near = new Recorder();
      const body = Buffer.from(name.repeat(next % 100));
      near.on(pair.dialler.open('http', name, body.length === 0, near));
      if (body.length > 0) near.stream?.end(body);
      else (await pair.take(next - 1)).stream.end();
      await new Promise<void>((resolve) => (near.onEnd = resolve));
      assert.equal(near.events[0], `head 200\n${name}`);
      if (body.length > 0) assert.ok(near.bytes.equals(body), name);
    }
  };
  await Promise.all(Array.from({ length: 100 }, call));
  assert.equal(pair.dialler.begun, 10_000);
  assert.equal(pair.dialler.size, 0);
});

test('a ping is answered, to either side', async () => {
  await using pair = await TunnelPair.open();
  await within(Promise.all([pair.dialler.ping(), pair.dialler.ping(), pair.accepter.ping()]), 'the answers');
});
