import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { DRAIN_AT } from '../src/channel.ts';
import { ManualClock, Stage, waitFor, within } from '@themis-mesh/testkit';
import { Relay } from './relay.ts';

const SECOND = 1000;

test('the dialler drains before the accepter, and both before the leaf ends', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 1000 });
  const channel = await stage.dial();
  const [accepted] = stage.accepted;
  assert(accepted !== undefined);
  const states: string[] = [];
  channel.onState(({ is }) => states.push(`dialler ${is}`));
  accepted.onState(({ is }) => states.push(`accepter ${is}`));

  assert.equal(channel.endsAt, stage.credentials.current.notAfter * SECOND);
  assert.equal(accepted.endsAt, channel.endsAt);
  const begun = clock.now();
  const life = channel.endsAt - begun;
  // To within a millisecond: the times are not whole ones.
  const advanceTo = (part: number, by: number): void => {
    clock.advance(begun + life * part + by - clock.now());
  };
  advanceTo(DRAIN_AT.dialler, -1);
  assert.deepEqual(states, []);
  advanceTo(DRAIN_AT.dialler, 1);
  assert.deepEqual(states, ['dialler draining']);
  advanceTo(DRAIN_AT.accepter, -1);
  assert.deepEqual(states, ['dialler draining']);
  advanceTo(DRAIN_AT.accepter, 1);
  assert.deepEqual(states, ['dialler draining', 'accepter draining']);
  advanceTo(1, -1);
  assert.equal(states.length, 2);
  advanceTo(1, 1);
  assert.deepEqual(states.slice(2).sort(), ['accepter closed', 'dialler closed']);
  for (const { state, socket } of [channel, accepted]) {
    assert(state.is === 'closed');
    assert.equal(state.because?.code, 'leaf-ended');
    assert.equal(socket.destroyed, true);
  }
  assert.deepEqual(stage.refusals, ['leaf-ended']);
});

test('it ends with whichever leaf ends first', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 1000 });
  const short = await stage.dial({ as: await stage.app.leaf('web', { ttl: 400 }) });
  const long = await stage.dial({ as: await stage.app.leaf('web', { ttl: 4000 }) });
  const now = clock.seconds;
  assert.equal(short.endsAt, (now + 400) * SECOND);
  assert.equal(long.endsAt, (now + 1000) * SECOND);
  assert.deepEqual(
    stage.accepted.map(({ endsAt }) => endsAt),
    [short.endsAt, long.endsAt],
  );
});

test('a channel under superseded keys ends with their grace', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock });
  const old = await stage.app.leaf('web');
  clock.advance(SECOND);
  await stage.app.service('web').rotate(clock.seconds, 300);
  stage.trust.takeHistory(stage.app.service('web').history);
  await stage.dial({ as: old });
  assert.equal(stage.accepted[0]?.endsAt, (clock.seconds + 300) * SECOND);
});

test('news of a rotation brings the end of an open channel nearer, and no news puts it off', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock });
  await stage.dial();
  const [accepted] = stage.accepted;
  assert(accepted !== undefined);
  clock.advance(SECOND);
  await stage.app.service('web').rotate(clock.seconds, 300);
  const end = (clock.seconds + 300) * SECOND;
  stage.trust.takeHistory(stage.app.service('web').history);
  stage.listener.judgeAgain();
  assert.equal(accepted.endsAt, end);
  stage.listener.judgeAgain();
  assert.equal(accepted.endsAt, end);
  clock.advance(end - clock.now());
  assert(accepted.state.is === 'closed');
  assert.equal(accepted.state.because?.code, 'leaf-ended');
});

test('a swap of our leaf in the middle of a handshake does not lengthen the life of its channel', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 500 });
  const first = stage.credentials.current;
  const second = await stage.app.leaf('payments', { ttl: 3000 });
  await using relay = await Relay.open(stage.address, { hold: true });
  const dialled = stage.dial({ address: relay.address });
  // The connection has begun with the first leaf, and waits for the first byte of the dialler.
  await waitFor(() => stage.listener.waiting === 1, 'the connection');
  stage.credentials.swap(second);
  relay.release();
  const channel = await dialled;
  assert.equal(channel.peer.chain.serial, first.serial);
  assert.equal(stage.accepted[0]?.ownSerial, first.serial);
  assert.equal(stage.accepted[0]?.endsAt, first.notAfter * SECOND);
});

test('a drained channel goes on with what it has, and ends with its socket', async () => {
  await using stage = await Stage.open({ onChannel: ({ socket }) => socket.pipe(socket) });
  const channel = await stage.dial();
  channel.drain();
  assert.equal(channel.state.is, 'draining');
  channel.socket.end('still heard');
  const [bytes] = (await within(once(channel.socket, 'data'))) as [Buffer];
  assert.equal(bytes.toString(), 'still heard');
  await waitFor(() => channel.state.is === 'closed', 'the end');
  assert.deepEqual(channel.state, { is: 'closed', because: undefined });
  channel.drain();
  assert.equal(channel.state.is, 'closed');
});

test('no timer is left behind by a channel that has ended', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock });
  const channel = await stage.dial();
  assert.equal(clock.pending, 4);
  channel.cut();
  await waitFor(() => stage.listener.channels.size === 0, 'the other end');
  assert.equal(clock.pending, 0);
});

test('a listener of states that throws keeps neither the cut nor the others from happening', async () => {
  await using stage = await Stage.open();
  const channel = await stage.dial();
  const thrown = new Promise<unknown>((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
  });
  const heard: string[] = [];
  channel.onState(() => {
    throw new RangeError('a defect');
  });
  channel.onState(({ is }) => heard.push(is));
  channel.cut();
  assert.deepEqual(heard, ['closed']);
  assert.equal(channel.socket.destroyed, true);
  assert((await within(thrown)) instanceof RangeError);
  process.setUncaughtExceptionCaptureCallback(null);
});

test('a rotation that leaves less time than the leaf had brings its end nearer', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 1000 });
  await stage.dial();
  const [accepted] = stage.accepted;
  assert(accepted !== undefined);
  const service = stage.app.service('web');
  await service.rotate(clock.seconds, 100);
  assert.deepEqual(stage.trust.takeHistory(service.history), { ok: true, value: 'newer' });
  stage.listener.judgeAgain();

  assert.equal(accepted.endsAt, (clock.seconds + 100) * SECOND);
  clock.advance(accepted.endsAt - clock.now() - 1);
  assert.equal(accepted.state.is, 'draining');
  clock.advance(1);
  assert.deepEqual(stage.refusals, ['leaf-ended']);
});

test('a channel ends soon after its time where the machine slept, or the clock was set', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 3600 });
  const channel = await stage.dial();
  clock.set(channel.endsAt + SECOND);
  clock.advance(30 * SECOND);
  assert.equal(channel.state.is, 'closed');
  assert.equal(stage.accepted[0]?.state.is, 'closed');
});

test('a clock that is set back lengthens the life of no channel', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 3600 });
  const channel = await stage.dial();
  const life = channel.endsAt - clock.now();
  clock.set(clock.now() - 7200 * SECOND);
  clock.advance(life);
  assert.equal(channel.state.is, 'closed');
  assert.equal(stage.accepted[0]?.state.is, 'closed');
});

test('a newcomer that only its membership vouches for stays as long as that is believed, or till the charter comes', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 3600 });
  await stage.app.admit('mail');
  const leaf = await stage.app.leaf('mail', { ttl: 3000 });
  const [kept, forgotten] = [await stage.dial({ as: leaf }), await stage.dial({ as: leaf })];
  const [first, second] = stage.accepted;
  assert(first !== undefined && second !== undefined);
  assert.deepEqual([first.peer.by, first.endsAt], ['membership', (clock.seconds + 600) * SECOND]);
  forgotten.cut();
  await waitFor(() => second.state.is === 'closed', 'the other end');

  assert.deepEqual(stage.trust.takeApp(stage.app.state), { ok: true, value: 'newer' });
  stage.listener.judgeAgain();
  assert.deepEqual([first.peer.by, first.endsAt], ['charter', leaf.notAfter * SECOND]);
  clock.advance(2000 * SECOND);
  assert.equal(first.state.is, 'open');
  kept.cut();
});

test('a newcomer whose charter does not come is not kept for as long as its leaf lasts', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({ clock, ttl: 3600 });
  await stage.app.admit('mail');
  await stage.dial({ as: await stage.app.leaf('mail') });
  clock.advance(600 * SECOND);
  assert.equal(stage.accepted[0]?.state.is, 'closed');
});
