import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join, type Mesh } from '@themis-mesh/mesh';
import { applyLoad, interleave, ratioSpread, spreadOf, type LoadResult } from '../../scripts/measure/index.ts';
import { PlainClient } from '../traffic/plain-http.ts';
import { bodyOf, digestOf, requireDigest, requireReceipt } from '../traffic/proof.ts';

/** The same calls by the mesh and in plain HTTP. Milliseconds a call: medians over the rounds. */
export interface Overhead {
  readonly what: string;
  readonly plain: Figures;
  readonly mesh: Figures;
  /** How many times as long a call takes by the mesh at the median: the median of the rounds. */
  readonly times: number;
}

export interface Figures {
  readonly p50: number;
  readonly p99: number;
}

export interface OverheadOptions {
  readonly home: string;
  /** The service that is called in process; this process calls as `web`. */
  readonly service: string;
  /** The plain port of the program behind the sidecar of `catalog`. */
  readonly catalog: number;
  readonly leafSeconds: number;
  readonly signal: AbortSignal;
}

const ROUNDS = 6;
const CALLS = 120;

/** How long the process that is called may take to end. */
const END_MS = 5000;

/** What the program behind the sidecar is asked for. */
const FILE = 'products/1.json';

/** Measures in turn, so that what slows the machine down slows both. Every answer is checked. */
export async function measureOverhead(options: OverheadOptions): Promise<readonly Overhead[]> {
  const { home, service, leafSeconds, signal } = options;
  const environment = { ...process.env, SHOP_LEAF_SECONDS: String(leafSeconds) };
  const program = fileURLToPath(new URL('callee.ts', import.meta.url));
  const callee = fork(program, [home, service], { env: environment, execArgv: process.execArgv });
  try {
    using client = new PlainClient();
    await using mesh = await join({ service: 'web', home, leafSeconds });
    const [port] = (await Promise.race([once(callee, 'message'), failureOf(callee)])) as [number];
    const calls = await makeCalls(options, mesh, client, port);
    const measure = (run: Call) => (): Promise<LoadResult> => {
      signal.throwIfAborted();
      return applyLoad({ inFlight: 1, operations: CALLS, run });
    };
    const results = await interleave(
      {
        inProcessPlain: measure(calls.inProcessPlain),
        inProcessMesh: measure(calls.inProcessMesh),
        sidecarPlain: measure(calls.sidecarPlain),
        sidecarMesh: measure(calls.sidecarMesh),
      },
      { rounds: ROUNDS },
    );
    return [
      compare('in process → in process', results.inProcessPlain, results.inProcessMesh),
      compare('in process → sidecar → program', results.sidecarPlain, results.sidecarMesh),
    ];
  } finally {
    await end(callee);
  }
}

type Call = () => Promise<void>;

interface Calls {
  readonly inProcessPlain: Call;
  readonly inProcessMesh: Call;
  readonly sidecarPlain: Call;
  readonly sidecarMesh: Call;
}

async function makeCalls({ service, catalog }: OverheadOptions, mesh: Mesh, client: PlainClient, port: number): Promise<Calls> {
  const digest = digestOf(await readFile(new URL(`../../examples/shop/catalog/${FILE}`, import.meta.url)));
  let number = 0;
  const nextBody = (): string => bodyOf(`overhead-${(number += 1)}`);
  return {
    async inProcessPlain() {
      const body = nextBody();
      requireReceipt((await client.ask(port, '/', body)).body, body, 'anybody');
    },
    async inProcessMesh() {
      const body = nextBody();
      const response = await mesh.fetch(`https://${service}/`, { method: 'POST', body });
      requireReceipt(await response.text(), body, 'web');
    },
    async sidecarPlain() {
      requireDigest((await client.ask(catalog, `/${FILE}`)).body, digest, FILE);
    },
    async sidecarMesh() {
      const response = await mesh.fetch(`https://catalog/${FILE}`);
      requireDigest(Buffer.from(await response.arrayBuffer()), digest, FILE);
    },
  };
}

function compare(what: string, plain: readonly LoadResult[], mesh: readonly LoadResult[]): Overhead {
  const inRounds = (results: readonly LoadResult[], percent: number): number[] => results.map(({ latency }) => latency(percent));
  const median = (results: readonly LoadResult[], percent: number): number => spreadOf(inRounds(results, percent)).median;
  const figures = (results: readonly LoadResult[]): Figures => ({ p50: median(results, 50), p99: median(results, 99) });
  return { what, plain: figures(plain), mesh: figures(mesh), times: ratioSpread(inRounds(mesh, 50), inRounds(plain, 50)).median };
}

/** It ends by itself when it is left alone; otherwise it is ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(timer);
}

async function failureOf(child: ChildProcess): Promise<never> {
  const [status] = (await once(child, 'exit')) as [number | null];
  throw new Error(`the process that is called ended with ${status}`);
}
