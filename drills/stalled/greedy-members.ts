import { Tunnel, TunnelMemory, type Channel, type OnStream } from '@themis-mesh/channel';
import { rawFrames, Stage, waitFor } from '@themis-mesh/testkit';
import { atLeast, atMost, figure, type Goal } from '../../scripts/measure/index.ts';
import { memory } from './memory.ts';

const { data, limits, open } = rawFrames;

const MIB = 1024 * 1024;
const STREAMS = 1000;
const LONG_HEADS = 265;
/** What all of them may make their callee hold. */
const SHARED = 128 * MIB;
const MEMBERS = 12;
/** Of docs/reference/tunnel.md: data, its pieces, chunks, heads, a frame; what is asked for is not asked for here. */
const OF_ONE_TUNNEL = 43 + 16 + 8 + 16 + 1;
/** What a channel and its streams cost beside. */
const OF_A_CHANNEL = 4;

/** Members that send all that they may, in heads and in data, to a callee that reads none of it. */
export async function greedyMembers(print: (line: string) => void): Promise<readonly Goal[]> {
  const tunnels: Tunnel[] = [];
  const shared = new TunnelMemory(SHARED);
  const serve = (channel: Channel): void => void tunnels.push(new Tunnel({ channel, onStream: keepAll, memory: shared }));
  await using stage = await Stage.open({ protocols: ['themis/1'], keep: false, onChannel: serve });
  const leaf = await stage.app.leaf('orders');
  const channels: Channel[] = [];
  const empty = memory();
  const join = async (): Promise<void> => {
    const channel = await stage.dial({ protocol: 'themis/1', as: leaf });
    channels.push(channel);
    channel.socket.resume();
    channel.socket.write(Buffer.concat([limits(), ...FRAMES]));
    const tunnel = await waitFor(() => tunnels[channels.length - 1], 'its tunnel');
    await waitFor(() => tunnel.begun === STREAMS, 'its streams');
  };
  await join();
  const one = (memory() - empty) / MIB;
  while (channels.length < MEMBERS) await join();
  const all = (memory() - empty) / MIB;
  print(`a greedy member: ${figure(one)} MiB more; ${MEMBERS} of them: ${figure(all)} MiB, where ${SHARED / MIB} are shared`);
  const open = channels.filter(({ state }) => state.is === 'open').length;
  for (const channel of channels) channel.cut();
  await waitFor(() => shared.held === 0, 'what they held to be let go of');
  return [
    atMost('memory for a greedy member', one, 'MiB', OF_ONE_TUNNEL + OF_A_CHANNEL),
    atMost(`memory for ${MEMBERS} greedy members`, all, 'MiB', (SHARED / MIB) * (4 / 3) + MEMBERS * OF_A_CHANNEL),
    atLeast('tunnels that are still open', open, 'tunnels', MEMBERS),
  ];
}

/** Heads of 60,000 bytes as long as they are taken, short ones beyond, and 32 KiB of data in pieces on each stream. */
const FRAMES: readonly Buffer[] = Array.from({ length: STREAMS }, (_, index) => [
  open(index + 1, index < LONG_HEADS ? `${index} ${'h'.repeat(60_000)}` : `${index}`),
  ...Array.from({ length: 8 }, () => data(index + 1, Buffer.alloc(4096))),
]).flat();

const keepAll: OnStream = (_stream, _kind, block) => {
  const kept: (Buffer | string)[] = [block];
  return {
    onHead: (head) => void kept.push(head),
    onData: (bytes) => void kept.push(bytes),
    onEnd: () => undefined,
    onReset: () => void kept.splice(0),
    onWritable: () => undefined,
  };
};
