import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { layGround } from '../../bench/channel/ground.ts';
import {
  atLeast,
  atMost,
  describeSpread,
  figure,
  interleave,
  ratioSpread,
  spreadOf,
  type Goal,
} from '../../scripts/measure/index.ts';
import type { Took } from './caller.ts';

const PEERS = 1000;
const CALLS = 200_000;
const ROUNDS = 9;

/**
 * Two callers of one peer, each in a process of its own. One knows that peer; the other one a thousand, each of which it found,
 * called and keeps a tunnel to. What a call costs each.
 */
export async function knowPeers(print: (line: string) => void): Promise<readonly Goal[]> {
  await using ends = new AsyncDisposableStack();
  print(`a caller that knows ${PEERS} peers, with a tunnel to each, beside one that knows one`);
  const names = Array.from({ length: PEERS }, (_, index) => `peer-${index}`);
  const [called = '', ...others] = names;
  const { root } = ends.use(await layGround('caller', ...names));
  // The one that is called has a process of its own: the others' records are no work of its.
  await Promise.all([start(ends, 'peers.ts', root, called), start(ends, 'peers.ts', root, ...others)]);
  const [few, many] = await Promise.all([start(ends, 'caller.ts', root, called), start(ends, 'caller.ts', root, ...names)]);
  const measure = (caller: ChildProcess) => async (): Promise<Took> => {
    caller.send(CALLS);
    const [took] = (await once(caller, 'message')) as [Took];
    return took;
  };
  const took = await interleave({ few: measure(few), many: measure(many) }, { rounds: ROUNDS });
  const ratioOf = (value: (each: Took) => number): number => {
    const ratio = ratioSpread(took.many.map(value), took.few.map(value));
    print(`  ${describeSpread(ratio, 'of that with one')}`);
    return ratio.median;
  };
  const middle = (each: readonly Took[], value: (one: Took) => number): string => figure(spreadOf(each.map(value)).median);
  print(`CPU of a call: ${middle(took.few, cpuOf)} and ${middle(took.many, cpuOf)} µs`);
  const cpu = ratioOf(cpuOf);
  print(`calls a second: ${middle(took.few, rateOf)} and ${middle(took.many, rateOf)}`);
  const rate = ratioOf(rateOf);
  return [
    atMost(`CPU more a request where ${PEERS} peers are known`, (cpu - 1) * 100, '%', 2),
    atLeast(`requests a second where ${PEERS} peers are known`, rate, 'of those where one is', 0.98),
  ];
}

const cpuOf = ({ cpu }: Took): number => cpu;
const rateOf = ({ perSecond }: Took): number => perSecond;

/** @returns the process, when it is ready */
async function start(ends: AsyncDisposableStack, program: string, ...words: readonly string[]): Promise<ChildProcess> {
  const child = fork(joinPath(import.meta.dirname, program), words, { execArgv: [...process.execArgv, '--expose-gc'] });
  ends.defer(() => void child.kill());
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${String(code)}`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return child;
}
