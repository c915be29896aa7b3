import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import type { RecordKey, SignedRecord } from '@themis-mesh/core';
import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { createDirectoryHandler, HttpDirectory } from '@themis-mesh/directory-http';
import { Signers } from '@themis-mesh/testkit';
import { atMost, describeSpread, percentileOf, spreadOf, type Measurement } from '../scripts/measure/index.ts';

const ROUNDS = 21;
const CACHED_FINDS = 100_000;
const COLD_FINDS = 1000;
const CHANGES = 200;

/** What the light client of the directory costs: a cached find, one that asks a node over HTTP, and news by a watch. */
export const directoryHttp: Measurement = {
  name: 'directory-http',
  summary: 'finds of the light client, cached and asked of a node, and how soon a watch tells of a change',
  async run({ print }) {
    const signers = await Signers.create();
    const truth = openMemoryDirectory();
    await using node = await serve(truth);
    const leaf = await signers.app.leaf('orders');
    const make = async (seq: number): Promise<SignedRecord> => signers.instance(seq, { leaf });
    await truth.store(signers.history());
    await truth.store(await make(1));
    const { key } = await make(1);

    await using cached = new HttpDirectory({ nodes: [node.url], freshMs: 600_000 });
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await timeFinds(cached, key));
    print(`a cached find:           ${describeSpread(spreadOf(rounds), 'µs of CPU')}`);

    await using asking = new HttpDirectory({ nodes: [node.url], freshMs: 0, staleMs: 0 });
    const cold: number[] = [];
    for (let find = 0; find < COLD_FINDS; find += 1) cold.push(await timed(async () => void (await asking.find(key))));
    print(`a find asked of a node:  ${describeSpread(spreadOf(cold), 'ms')}, p99 ${p99(cold).toFixed(2)} ms`);

    const news = await timeNews(truth, asking, make, key);
    print(`a change, until told:    ${describeSpread(spreadOf(news), 'ms')}, p99 ${p99(news).toFixed(2)} ms`);
    return [
      atMost('CPU of a cached find', spreadOf(rounds).median, 'µs', 2),
      atMost('a find asked of a node on loopback, median', spreadOf(cold).median, 'ms', 5),
      atMost('a find asked of a node on loopback, p99', p99(cold), 'ms', 30),
      atMost('from a change to who watches, p99', p99(news), 'ms', 1000),
    ];
  },
};

function p99(spans: readonly number[]): number {
  return percentileOf(Float64Array.from(spans).sort(), 99);
}

/** @returns microseconds of the processor for one find: by the wall, a busy machine would be measured */
async function timeFinds(directory: Directory, key: RecordKey): Promise<number> {
  const begun = process.cpuUsage();
  for (let find = 0; find < CACHED_FINDS; find += 1) await directory.find(key);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / CACHED_FINDS;
}

/** @returns milliseconds of each change */
async function timeNews(
  truth: Directory,
  client: Directory,
  make: (seq: number) => Promise<SignedRecord>,
  key: RecordKey,
): Promise<readonly number[]> {
  const ended = new AbortController();
  const told = client.watch(key, ended.signal)[Symbol.asyncIterator]();
  await told.next();
  const spans: number[] = [];
  for (let seq = 2; seq < CHANGES + 2; seq += 1) {
    const record = await make(seq);
    const next = told.next();
    spans.push(
      await timed(async () => {
        await truth.store(record);
        await next;
      }),
    );
  }
  ended.abort();
  return spans;
}

async function timed(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

async function serve(directory: Directory): Promise<AsyncDisposable & { readonly url: string }> {
  const handler = createDirectoryHandler(directory, { limits: { perCaller: { perSecond: 1e6, burst: 1e6 } } });
  const server: Server = createServer((request, response) => {
    const body = Readable.toWeb(request) as unknown as ReadableStream;
    const asked = new Request(`http://node${request.url ?? '/'}`, { method: request.method ?? 'POST', body, duplex: 'half' });
    void handler(asked).then(async (answer) => {
      response.writeHead(answer.status, [...answer.headers].flat()).end(await answer.bytes());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no address');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, [Symbol.asyncDispose]: close };
}
