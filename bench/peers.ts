import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from '../scripts/measure/index.ts';
import { contendersWith } from './peers/contenders/catalog.ts';
import type { Stage } from './peers/contenders/contender.ts';
import { openField, runnersOf, type Field } from './peers/field.ts';
import { goalsOf } from './peers/goals.ts';
import { makeCertificates } from './peers/ground/certificates.ts';
import { startOrigin } from './peers/ground/origin.ts';
import { findPrograms, type Programs } from './peers/install/programs.ts';
import { applyTo, loadsOf } from './peers/loads.ts';
import { memoryRows } from './peers/memory.ts';
import { nodeReleases } from './peers/node-releases.ts';
import { readOptions, type PeersOptions } from './peers/options.ts';
import type { Section } from './peers/results.ts';
import { tableOf, textTable, titleOf } from './peers/tables.ts';

/** Pairs of our sidecars against pairs of native proxies, mutual TLS 1.3 in between, in interleaved rounds. */
export const peers: Measurement = {
  name: 'peers',
  summary: 'sidecar pairs against pairs of HAProxy, nginx, stunnel, ghostunnel and Envoy, the same TLS in between',
  async run({ words, print }) {
    const options = readOptions(words);
    const programs = findPrograms(print, options.install);
    const nodes = nodeReleases(options.nodes, print);
    await using stage = await layStage(programs, options);
    const wanted = contendersWith(nodes).filter(({ name, kind }) => kind === 'direct' || isAmong(options.contenders, name));
    print('starting');
    await using field = await openField(wanted, stage, print);
    const sections = await measure(field, stage, options, print);
    for (const { name, client, server } of memoryRows(field)) {
      print(`  ${name}: ${mebibytes(client)} MiB client side, ${mebibytes(server)} MiB server side`);
    }
    return goalsOf(sections);
  },
};

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
