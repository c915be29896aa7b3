import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAgain, type ChannelState } from '@themis-mesh/channel';
import { Stage, waitFor } from '@themis-mesh/testkit';

const CHANNELS = 200;

test('of 200 open channels a new charter ends those of the member that it removes, and no others', async () => {
  let delivered = 0;
  let isOver = false;
  await using stage = await Stage.open({
    onChannel: ({ socket, peer }) => {
      socket.on('data', (bytes: Buffer) => {
        if (isOver && peer.name === 'orders') delivered += bytes.length;
        socket.write(bytes);
      });
    },
  });
  const removed = await stage.app.leaf('orders');
  const kept = await stage.app.leaf('web');
  const callers = Array.from({ length: CHANNELS }, (_, index) => (index % 4 === 0 ? removed : kept));
  const authenticator = stage.app.trust();
  const channels = await Promise.all(callers.map((as) => stage.dial({ as, authenticator })));
  const echoes = channels.map(() => 0);
  for (const [index, { socket }] of channels.entries()) {
    socket.on('data', (bytes: Buffer) => {
      echoes[index] = (echoes[index] ?? 0) + bytes.length;
    });
    const send = (): boolean => socket.writable && socket.write('x'.repeat(100));
    socket.on('data', send);
    send();
  }
  await waitFor(() => echoes.every((bytes) => bytes > 0), 'traffic on all channels');

  const next = await stage.app.remove('orders');
  assert.equal(stage.listener.channels.size, CHANNELS);
  stage.trust.takeApp(next);
  stage.listener.judgeAgain();
  isOver = true;

  assert.equal(stage.listener.channels.size, CHANNELS * 0.75);
  assert.deepEqual(
    stage.refusals,
    Array.from({ length: CHANNELS / 4 }, () => 'member-removed'),
  );
  await waitFor(() => channels.every(({ state }, index) => (callers[index] === removed) === (state.is === 'closed')), 'the ends');
  const before = [...echoes];
  await waitFor(
    () => echoes.every((bytes, index) => callers[index] === removed || bytes > (before[index] ?? 0)),
    'traffic on all channels that are kept',
  );
  assert.equal(delivered, 0);
  assert(stage.accepted.every(({ peer, state }) => (peer.name === 'web') === (state.is === 'open')));
});

test('a peer that has changed its name is known by the new one', async () => {
  await using stage = await Stage.open();
  await stage.dial();
  const [accepted] = stage.accepted;
  const next = await stage.app.revise(({ members }) => ({
    members: members.map((member) => (member.name === 'web' ? { ...member, labels: new Map([['tier', 'front']]) } : member)),
  }));
  stage.trust.takeApp(next);
  stage.listener.judgeAgain();
  assert.equal(accepted?.state.is, 'open');
  assert.equal(accepted.peer.labels.get('tier'), 'front');
});

test('the dialler judges its channels by the same two steps', async () => {
  await using stage = await Stage.open();
  const trust = stage.app.trust();
  const channel = await stage.dial({ authenticator: trust });
  const now = Math.floor(Date.now() / 1000);
  const again = (): void => {
    channel.judgeAgain(judgeAgain(trust, () => undefined, now));
  };
  const states: ChannelState[] = [];
  channel.onState((state) => states.push(state));
  again();
  assert.equal(states.length, 0);
  trust.takeApp(await stage.app.remove('payments'));
  again();
  again();
  assert.equal(states.length, 1);
  assert(states[0]?.is === 'closed');
  assert.equal(states[0].because?.code, 'member-removed');
});

test('a judgement that throws cuts its channel, and the others are judged all the same', async () => {
  let isBroken = false;
  await using stage = await Stage.open({
    authorize: ({ name }) => {
      if (isBroken && name === 'orders') throw new RangeError('a defect');
      return undefined;
    },
  });
  const authenticator = stage.app.trust();
  for (const name of ['web', 'orders', 'web']) await stage.dial({ as: await stage.app.leaf(name), authenticator });
  isBroken = true;
  stage.listener.judgeAgain();
  assert.deepEqual(stage.refusals, ['judgement-failed']);
  assert.deepEqual(
    stage.accepted.map(({ state }) => state.is),
    ['open', 'closed', 'open'],
  );
});
