import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atMost, figure, interleave, percentileOf, type Goal } from '../../scripts/measure/index.ts';
import { UsageError } from '../../scripts/usage-error.ts';
import type { FleetFigures, FleetOrder, FleetReply } from './fleet.ts';
import { installNetworks } from './install.ts';

const USAGE = '[--quick] [--nodes N,…] [--rounds N]';

interface Contender {
  readonly name: string;
  readonly file: string;
  /** Operations of a kind in a round: those that take half a second are asked for fewer. */
  readonly operations: number;
}

const CONTENDERS: readonly Contender[] = [
  { name: 'themis', file: 'themis.ts', operations: 100 },
  { name: 'hyperdht', file: 'hyperdht.ts', operations: 100 },
  { name: 'libp2p', file: 'libp2p.ts', operations: 5 },
];

const DOES = ['put', 'get'] as const;

/** Puts and gets, one after the other, by way of nodes drawn at random; each network in a process of its own. */
export async function runDirectory(words: readonly string[], print: (line: string) => void): Promise<readonly Goal[]> {
  const { sizes, rounds } = readWords(words);
  installNetworks(print);
  const goals: Goal[] = [];
  for (const nodes of sizes) goals.push(...(await measure(nodes, rounds, print)));
  return goals;
}

async function measure(nodes: number, rounds: number, print: (line: string) => void): Promise<readonly Goal[]> {
  await using parts = new AsyncDisposableStack();
  const fleets = new Map<string, ChildProcess>();
  for (const { name, file } of CONTENDERS) {
    const begun = performance.now();
    const child = parts.adopt(startFleet(file, nodes), (process) => end(process));
    await heard(child);
    fleets.set(name, child);
    print(`${name}: ${nodes} nodes after ${figure((performance.now() - begun) / 1000)} s`);
  }
  const run = (contender: Contender) => async (): Promise<Readonly<Record<(typeof DOES)[number], FleetFigures>>> => {
    const child = fleets.get(contender.name);
    if (child === undefined) throw new Error(`${contender.name} is not there`);
    const ask = (does: (typeof DOES)[number]): Promise<FleetFigures> => order(child, { does, operations: contender.operations });
    return { put: await ask('put'), get: await ask('get') };
  };
  const results = await interleave(Object.fromEntries(CONTENDERS.map((contender) => [contender.name, run(contender)])), {
    rounds,
  });
  print(`\n${nodes} nodes, milliseconds (${rounds} rounds in turn)`);
  print('network    does  median     p99   CPU ms  MiB  failures');
  const figures = CONTENDERS.map(({ name }) => {
    const row = Object.fromEntries(
      DOES.map((does) => {
        const all = (results[name] ?? []).map((result) => result[does]);
        const times = Float64Array.from(all.flatMap((one) => one.times)).sort();
        const failures = all.reduce((sum, one) => sum + one.failures, 0);
        const cpu = all.reduce((sum, one) => sum + one.cpu, 0) / all.length;
        const summary = {
          p50: percentileOf(times, 50),
          p99: percentileOf(times, 99),
          cpu,
          memory: all.at(-1)?.memory ?? NaN,
          failures,
        };
        const cells = [summary.p50, summary.p99, summary.cpu].map((value) => figure(value).padStart(8));
        print(
          `${name.padEnd(10)} ${does.padEnd(4)} ${cells.join(' ')} ${Math.round(summary.memory).toString().padStart(4)}  ${failures}`,
        );
        return [does, summary];
      }),
    );
    return [name, row] as const;
  });
  const of = (name: string): (typeof figures)[number][1] => figures.find(([other]) => other === name)?.[1] ?? {};
  return DOES.flatMap((does) => {
    const [ours, theirs] = [of('themis')[does], of('hyperdht')[does]];
    if (ours === undefined || theirs === undefined) return [];
    return [
      atMost(`median of a ${does}, ${nodes} nodes, to hyperdht`, ours.p50 / theirs.p50, 'ratio', 1.5),
      atMost(`p99 of a ${does}, ${nodes} nodes, to hyperdht`, ours.p99 / theirs.p99, 'ratio', 2),
      atMost(`failed ${does}s, ${nodes} nodes`, ours.failures, 'operations', 0),
    ];
  });
}

function startFleet(file: string, nodes: number): ChildProcess {
  const fleet = fileURLToPath(new URL('./fleet.ts', import.meta.url));
  return fork(fleet, [file, String(nodes)], { execArgv: ['-C', 'themis-source', '--no-warnings'] });
}

async function order(child: ChildProcess, message: FleetOrder): Promise<FleetFigures> {
  const answer = heard(child);
  child.send(message);
  const reply = await answer;
  if (reply === 'ready') throw new Error('no figures came back');
  return reply;
}

/** @throws Error what went wrong there, or that it ended */
async function heard(child: ChildProcess): Promise<FleetFigures | 'ready'> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(
    () => Promise.reject(new Error('the process ended')),
    () => new Promise<never>(() => undefined),
  );
  const [reply] = (await Promise.race([once(child, 'message', { signal }), ended]).finally(() => over.abort())) as [FleetReply];
  if (typeof reply === 'object' && 'failed' in reply) throw new Error(reply.failed);
  return reply;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function readWords(words: readonly string[]): { readonly sizes: readonly number[]; readonly rounds: number } {
  const isQuick = words.includes('--quick');
  const valueOf = (word: string): string | undefined => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : words[at + 1];
  };
  const sizes = (valueOf('--nodes') ?? (isQuick ? '5' : '5,20,50')).split(',').map(Number);
  const rounds = Number(valueOf('--rounds') ?? (isQuick ? 2 : 5));
  const known = words.every((word, at) => ['--quick', '--nodes', '--rounds'].includes(word) || /^--/.test(words[at - 1] ?? ''));
  if (!known || ![...sizes, rounds].every((value) => Number.isInteger(value) && value > 0)) throw new UsageError(USAGE);
  return { sizes, rounds };
}
