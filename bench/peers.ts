import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Goal, Measurement } from '../scripts/measure/index.ts';
import { runInProcess } from './in-process/run.ts';
import { contendersWith } from './peers/contenders/catalog.ts';
import type { Stage } from './peers/contenders/contender.ts';
import { openField, runnersOf, type Field } from './peers/field.ts';
import { goalsOf } from './peers/goals.ts';
import { makeCertificates } from './peers/ground/certificates.ts';
import { startOrigin } from './peers/ground/origin.ts';
import { findPrograms, type Programs } from './peers/install/programs.ts';
import { applyTo, loadsOf, warmUp } from './peers/loads.ts';
import { memoryRows } from './peers/memory.ts';
import { nodeReleases, type NodeRelease } from './peers/node-releases.ts';
import { readOptions, type PeersOptions } from './peers/options.ts';
import { observeEnvironment } from './peers/report/environment.ts';
import { peersPage } from './peers/report/peers-page.ts';
import { writePage } from './peers/report/write.ts';
import type { Section } from './peers/results.ts';
import { tableOf, textTable, titleOf } from './peers/tables.ts';

type Print = (line: string) => void;

/** Pairs of our sidecars against pairs of native proxies, mutual TLS 1.3 in between, in interleaved rounds. */
export const peers: Measurement = {
  name: 'peers',
  summary: 'sidecar pairs against pairs of HAProxy, nginx, stunnel, ghostunnel and Envoy, the same TLS in between',
  async run({ words, print }) {
    const options = readOptions(words);
    const nodes = nodeReleases(options.nodes, print);
    const hasProxies = options.only.some((part) => part !== 'in-process');
    const goals = hasProxies ? await measurePeers(options, nodes, print) : [];
    return options.only.includes('in-process') ? [...goals, ...(await runInProcess(options, nodes, print))] : goals;
  },
};

async function measurePeers(options: PeersOptions, nodes: readonly NodeRelease[], print: Print): Promise<readonly Goal[]> {
  const environment = observeEnvironment();
  const programs = findPrograms(print, options.install);
  await using stage = await layStage(programs, options);
  const wanted = contendersWith(nodes).filter(({ name, kind }) => kind !== 'native' || isAmong(options.contenders, name));
  print('starting');
  await using field = await openField(wanted, stage, print);
  await warmUp(field.runners, stage, print);
  const sections = await measure(field, stage, options, print);
  const memory = memoryRows(field);
  print('\nmemory in MiB, client side and server side');
  for (const { name, client, server } of memory) print(`  ${name}: ${mebibytes(client)}, ${mebibytes(server)}`);
  const goals = goalsOf(sections);
  if (options.report) {
    const page = peersPage({ options, programs, nodes, field, sections, memory, goals, environment: environment() });
    print(`written: ${writePage('peers.md', page)}`);
  }
  return goals;
}

async function layStage(programs: Programs, { bulkMebibytes }: PeersOptions): Promise<Stage & AsyncDisposable> {
  await using laid = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'themis-peers-'));
  laid.defer(() => rm(folder, { recursive: true, force: true }));
  const origin = await startOrigin(folder, programs, bulkMebibytes * 1024 * 1024);
  laid.defer(origin.served.stop);
  const certificates = makeCertificates(folder);
  const live = laid.move();
  return { folder, origin, certificates, programs, [Symbol.asyncDispose]: () => live.disposeAsync() };
}

async function measure(
  field: Field,
  stage: Stage,
  options: PeersOptions,
  print: (line: string) => void,
): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const carries of ['tcp', 'http'] as const) {
    for (const load of loadsOf(carries, options.only)) {
      print(`\n${titleOf(load)} (medians of ${options.rounds} interleaved rounds)`);
      const section = await applyTo(runnersOf(field, carries), load, stage, options, print);
      for (const line of textTable(tableOf(section))) print(line);
      sections.push(section);
    }
  }
  return sections;
}

function isAmong(wanted: readonly string[], name: string): boolean {
  return wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part));
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
