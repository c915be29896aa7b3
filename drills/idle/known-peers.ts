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
 * Three callers of one peer, each in a process of its own: one that knows that peer; one that knows a thousand, whose instances
 * it found; and one that called each of the thousand, and keeps a tunnel to it. What a call costs each.
 */
export async function knowPeers(print: (line: string) => void): Promise<readonly Goal[]> {
  await using ends = new AsyncDisposableStack();
  print(`callers of one peer: one that knows it, one that knows ${PEERS}, one with a tunnel to each of ${PEERS}`);
  const names = Array.from({ length: PEERS }, (_, index) => `peer-${index}`);
  const [called = '', ...others] = names;
  const { root } = ends.use(await layGround('caller', ...names));
  // The one that is called has a process of its own: the others' records are no work of its.
  await Promise.all([start(ends, 'peers.ts', root, called), start(ends, 'peers.ts', root, ...others)]);
  const [few, many, open] = await Promise.all([
    start(ends, 'caller.ts', root, 'found', called),
    start(ends, 'caller.ts', root, 'found', ...names),
    start(ends, 'caller.ts', root, 'called', ...names),
  ]);
  const measure = (caller: ChildProcess) => async (): Promise<Took> => {
    caller.send(CALLS);
    const [took] = (await once(caller, 'message')) as [Took];
    return took;
  };
  const took = await interleave({ few: measure(few), many: measure(many), open: measure(open) }, { rounds: ROUNDS });
  const ratioOf = (more: readonly Took[], what: string, value: (each: Took) => number): number => {
    const ratio = ratioSpread(more.map(value), took.few.map(value));
    print(`  ${what}: ${describeSpread(ratio, 'of that with one')}`);
    return ratio.median;
  };
  const middle = (value: (one: Took) => number): string =>
    [took.few, took.many, took.open].map((each) => figure(spreadOf(each.map(value)).median)).join(', ');
  print(`CPU of a call: ${middle(cpuOf)} µs`);
  const cpu = ratioOf(took.many, `${PEERS} known`, cpuOf);
  ratioOf(took.open, `${PEERS} with a tunnel`, cpuOf);
  print(`calls a second: ${middle(rateOf)}`);
  const rate = ratioOf(took.many, `${PEERS} known`, rateOf);
  ratioOf(took.open, `${PEERS} with a tunnel`, rateOf);
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
