import { Tunnel, type Channel, type OnStream, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { Stage, waitFor, rawFrames } from '@themis-mesh/testkit';
import { applyLoad, atLeast, atMost, figure, type Goal, type Measurement } from '../scripts/measure/index.ts';
import { greedyMembers } from './stalled/greedy-members.ts';
import { memory } from './stalled/memory.ts';

const { data, limits, open, window } = rawFrames;

const ROUNDS = 9;
const CALLS = 20_000;
const IN_FLIGHT = 16;
const STALLED = 100;
const MIB = 1024 * 1024;
const CREDIT = 65_536;
const TUNNEL_CREDIT = 32 * MIB;
const WRONG_PEERS = 60;
const ANSWER = Buffer.alloc(1024, 97);
const LARGE = Buffer.alloc(MIB);

/**
 * One tunnel carries good calls, and beside them a reader that stalls, a hundred of them, more than its credit holds; other
 * members send credit wrongly, or none at all. The good calls go on at nearly their rate, and memory stays within what
 * docs/reference/tunnel.md states.
 */
export const stalled: Measurement = {
  name: 'stalled',
  summary: `${STALLED} stalled streams, and peers that send credit wrongly: others go on, memory stays within its bounds`,
  async run({ print }) {
    const accepters: Tunnel[] = [];
    const serve = (channel: Channel): void => void accepters.push(new Tunnel({ channel, onStream }));
    await using stage = await Stage.open({ protocols: ['themis/1'], keep: false, onChannel: serve });
    const tunnel = new Tunnel({ channel: await stage.dial({ protocol: 'themis/1' }) });
    await waitFor(() => tunnel.hasRoom);
    const accepter = accepters[0] ?? fail('there is a tunnel');
    const goals: Goal[] = [];
    await rate(tunnel, 5);

    for (const count of [1, STALLED]) {
      const empty = memory();
      const ratios: number[] = [];
      const held: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = await rate(tunnel);
        const stalls = begin(tunnel, count);
        await waitFor(() => accepter.unread === count * CREDIT, 'the streams to be stalled');
        const beside = await rate(tunnel);
        held.push(memory() - empty);
        for (const { stream } of stalls) stream?.reset('cancelled');
        await waitFor(() => accepter.unread === 0, 'what they held to be let go of');
        ratios.push((beside * 2) / (before + (await rate(tunnel))));
      }
      const most = Math.max(...held) / MIB;
      print(`${count} stalled: ${figure(median(ratios))} of the rate, at the most ${figure(most)} MiB more`);
      goals.push(atLeast(`rate of others beside ${count} stalled`, median(ratios), 'of that without', 0.85));
      // Twice the credit, the chunks that the first pieces are parts of, and what is under way meanwhile.
      goals.push(atMost(`memory beside ${count} stalled`, most, 'MiB', 16 + (count * 3 * CREDIT) / MIB));
    }

    goals.push(...(await overfill(tunnel, accepter, print)));
    goals.push(...(await withWrongPeers(stage, tunnel, accepters, print)), ...(await greedyMembers(print)));
    return goals;
  },
};

/** More streams stall than the credit of the tunnel holds: its others stand still until the stalled make way. */
async function overfill(tunnel: Tunnel, accepter: Tunnel, print: (line: string) => void): Promise<Goal[]> {
  const before = memory();
  const all = begin(tunnel, (TUNNEL_CREDIT / CREDIT) * 1.5);
  await waitFor(() => accepter.unread === TUNNEL_CREDIT, 'the tunnel to be full');
  const most = (memory() - before) / MIB;
  const start = performance.now();
  await waitFor(() => all.some(({ wasReset }) => wasReset), 'the stalled to make way', 20_000);
  await rate(tunnel);
  const seconds = (performance.now() - start) / 1000;
  const gone = all.filter(({ wasReset }) => wasReset).length;
  print(`a full tunnel: ${figure(most)} MiB more; ${gone} streams made way, and calls went on after ${figure(seconds)} s`);
  for (const { stream } of all) stream?.reset('cancelled');
  await waitFor(() => accepter.unread === 0, 'what they held to be let go of');
  return [
    atMost('memory of a tunnel that is full', most, 'MiB', (2.5 * TUNNEL_CREDIT + 1024 * CREDIT) / MIB),
    atMost('until calls went on', seconds, 's', 13),
  ];
}

/** Members on channels of their own, each wrong in its way. */
const WAYS: readonly ((say: (...frames: Buffer[]) => void) => void)[] = [
  (say) => say(window(1, 0x7fff_ffff)),
  (say) => say(window(0, 0x7fff_ffff)),
  (say) => say(window(1, 0)),
  (say) => say(data(1, Buffer.alloc(CREDIT)), data(1, 'x')),
  (say) => say(...Array.from({ length: 12_000 }, () => window(1, 1))),
  (say) => say(...Array.from({ length: 12_000 }, () => window(0, 1))),
];

async function withWrongPeers(
  stage: Stage,
  tunnel: Tunnel,
  accepters: readonly Tunnel[],
  print: (line: string) => void,
): Promise<Goal[]> {
  const leaf = await stage.app.leaf('orders');
  // One asks for much on all streams that there may be, and gives no credit: what it is owed waits.
  const empty = memory();
  const ratios: number[] = [];
  const held: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await rate(tunnel);
    const silent = await stage.dial({ protocol: 'themis/1', as: leaf });
    silent.socket.resume();
    silent.socket.write(Buffer.concat([limits({ streamCredit: 4096, tunnelCredit: 4096 }), ...requests(1024)]));
    await waitFor(() => accepters.at(-1)?.size === 1024, 'its streams');
    const beside = await rate(tunnel);
    held.push(memory() - empty);
    silent.cut();
    await waitFor(() => accepters.at(-1)?.state === 'closed', 'its end');
    ratios.push((beside * 2) / (before + (await rate(tunnel))));
  }
  const ratio = median(ratios);
  const most = Math.max(...held) / MIB;

  let cut = 0;
  let isOver = false;
  const wrong = (async () => {
    for (let index = 0; index < WRONG_PEERS; index += 1) {
      const channel = await stage.dial({ protocol: 'themis/1', as: leaf });
      channel.socket.resume();
      const say = (...frames: Buffer[]): void => void channel.socket.write(Buffer.concat(frames));
      say(limits(), open(1, 'wrong'));
      WAYS[index % WAYS.length]?.(say);
      await waitFor(() => channel.state.is === 'closed', 'a wrong peer to be cut');
      cut += 1;
    }
    isOver = true;
  })();
  let calls = 0;
  while (!isOver) {
    await rate(tunnel);
    calls += CALLS;
  }
  await wrong;
  print(
    `a peer that gives no credit: ${figure(ratio)} of the rate, ${figure(most)} MiB more; ${calls} good calls beside ${cut} wrong peers`,
  );
  return [
    atLeast('rate of others beside a peer that gives no credit', ratio, 'of that without', 0.85),
    atMost('memory for a peer that gives no credit', most, 'MiB', 16),
    atLeast('peers cut that sent credit wrongly', cut, 'peers', WRONG_PEERS),
    atLeast('good calls meanwhile', calls, 'calls', CALLS),
  ];
}

/** The accepter's: good calls are answered; on other streams nothing is read, and much is said. */
const onStream: OnStream = (stream, _kind, block) => {
  if (block === 'good') {
    stream.head('200', false);
    stream.end(ANSWER);
  } else if (block === 'much') stream.end(LARGE);
  const kept: Buffer[] = [];
  return { ...DEAF, onData: (bytes) => void kept.push(bytes), onReset: () => void kept.splice(0) };
};

const DEAF: StreamReceiver = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};

interface Stall {
  stream: TunnelStream | undefined;
  wasReset: boolean;
}

/** Begins streams that nobody reads, with more to send than they have credit. */
function begin(tunnel: Tunnel, count: number): readonly Stall[] {
  return Array.from({ length: count }, () => {
    const stall: Stall = { stream: undefined, wasReset: false };
    stall.stream = tunnel.open('bytes', 'stalled', false, { ...DEAF, onReset: () => (stall.wasReset = true) });
    stall.stream.write(LARGE);
    return stall;
  });
}

function requests(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) => open(index + 1, 'much', 1));
}

/** Good calls a second; the middle of several measurements. */
async function rate(tunnel: Tunnel, times = 1): Promise<number> {
  const rates: number[] = [];
  for (let time = 0; time < times; time += 1) {
    rates.push((await applyLoad({ inFlight: IN_FLIGHT, operations: CALLS, run: () => call(tunnel) })).perSecond);
  }
  return median(rates);
}

function call(tunnel: Tunnel): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const stream = tunnel.open('http', 'good', true, {
      ...DEAF,
      onData: (bytes) => {
        received += bytes.length;
        stream.consumed(bytes.length);
      },
      onEnd: () => {
        if (received === ANSWER.length) resolve();
        else reject(new TypeError(`an answer of ${received} bytes`));
      },
      onReset: (code, detail) => reject(new TypeError(`${code} ${detail}`)),
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}

function fail(what: string): never {
  throw new TypeError(what);
}
