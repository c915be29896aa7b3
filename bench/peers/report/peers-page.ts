import type { Goal } from '../../../scripts/measure/index.ts';
import type { Field } from '../field.ts';
import type { Programs } from '../install/programs.ts';
import type { NodeRelease } from '../node-releases.ts';
import type { PeersOptions } from '../options.ts';
import type { MemoryRow, Section } from '../results.ts';
import { markdownTable } from '../tables.ts';
import type { Environment } from './environment.ts';
import type { Chapter, Page } from './page.ts';
import { growthLines, latencyLines, sectionBars, type Plot } from './plots.ts';

export interface PeersRun {
  readonly options: PeersOptions;
  readonly programs: Programs;
  readonly nodes: readonly NodeRelease[];
  readonly field: Field;
  readonly sections: readonly Section[];
  readonly memory: readonly MemoryRow[];
  readonly goals: readonly Goal[];
  readonly environment: Environment;
}

/** The page of `npm run bench -- peers --report`. */
export function peersPage(run: PeersRun): Page {
  const { options, programs, nodes, sections, goals, environment } = run;
  const versions = Object.entries(programs).flatMap(([name, program]) =>
    program.found && program.version !== '' ? [`${name} ${program.version}`] : [],
  );
  return {
    title: 'Pairs of sidecars against pairs of native proxies',
    words: WORDS,
    goals,
    environment,
    rounds: options.rounds,
    facts: [
      ['rounds', `${options.rounds} of ${options.seconds} s each, in turn; the figures are medians`],
      ['Node.js', nodes.map(({ version }) => version).join(', ')],
      ['others', versions.join(', ')],
    ],
    chapters: [
      chapter('TCP', 'The proxies pass bytes on and read none of them.', 'tcp', sections),
      chapter('HTTP', HTTP_WORDS, 'http', sections),
    ].filter((each) => each.sections.length > 0),
    ending: [memoryText(run), setupText(run), missingText(run), REPEAT].filter((part) => part !== '').join('\n\n'),
  };
}

const WORDS = `A program that speaks plain HTTP calls another one through two proxies on one machine: the client's proxy makes mutual TLS of it,
the server's proxy ends it. The client is a load generator of one thread, the server one worker of nginx, which answers 1 KiB. The load, both
proxies and the server share the machine's processors, so that what a proxy costs is what it slows down.

All pairs speak TLS 1.3 with AES-128-GCM, certificates of P-256 on both sides, and no session is resumed anywhere. Each has one
worker. Before the measurement each pair is tried: that it answers, what it speaks, that it lets nobody in
without a certificate, and, where it reads HTTP, that it says who calls and refuses what the policy does not open.
All run at the same time and are measured in turn, so that what else the machine does meets all of them; ratios are taken round
by round.

All connections are open and were answered once before the time begins. A closed loop sends on each connection when it has its
answer; the open loop sends at a fixed rate over 64 connections whatever the answers do, and a latency counts from when its request
was due. Where each request comes on a connection of its own, that is one of the client to its proxy: where a pair has a TLS
connection for each, a handshake comes with it.`;

const HTTP_WORDS = `The server's proxy reads each request, removes what the caller says of itself, adds a header that says who calls by
certificate, and lets the caller to the paths under \`/open/\` only.`;

function chapter(title: string, words: string, carries: 'tcp' | 'http', sections: readonly Section[]): Chapter {
  const own = sections.filter((section) => section.carries === carries);
  const closed = own.filter(({ load }) => load === 'closed');
  const at64 = closed.find(({ level }) => level === 64);
  const name = (what: string): string => `${carries}-${what}.svg`;
  const growth = 'by connections';
  const plots: readonly (Plot | undefined)[] = [
    at64 && sectionBars(name('64'), at64, 'perSecond', 'requests/s'),
    at64 && sectionBars(name('64-cpu'), at64, 'cpu', 'CPU a request of both proxies', 'µs'),
    closed.length > 1
      ? growthLines(name('rate'), closed, 'perSecond', `${title}: requests/s ${growth}`, 'requests/s')
      : undefined,
    closed.length > 1 ? growthLines(name('p99'), closed, 'p99', `${title}: p99 ${growth}`, 'ms') : undefined,
    ...own.filter(({ load }) => load === 'open').map((section) => latencyLines(name(`open-${section.level}`), section)),
    ...own.filter(({ load }) => load === 'bulk').map((section) => sectionBars(name('bulk'), section, 'perSecond', 'MB/s')),
    ...own
      .filter(({ load }) => load === 'connections')
      .map((section) => sectionBars(name('connections'), section, 'perSecond', 'connections/s')),
  ];
  return { title, words, plots: plots.filter((plot) => plot !== undefined), sections: own };
}

function memoryText({ memory }: PeersRun): string {
  const rows = memory.map(({ name, client, server }) => [name, mebibytes(client), mebibytes(server)]);
  const words = 'Resident, after all loads: what 256 connections once needed is in it.';
  return `## Memory\n\n${words}\n\n${markdownTable({ head: ['way', 'client side MiB', 'server side MiB'], rows })}`;
}

function setupText({ field }: PeersRun): string {
  const rows = field.runners
    .filter(({ contender }) => contender.kind !== 'direct')
    .map(({ contender: { name, notes }, spoken }) => {
      return [name, spoken === undefined ? '' : `${spoken.cipher}, ${spoken.group}`, notes.join('; ')];
    });
  return `## Who ran, and how\n\n${markdownTable({ head: ['way', 'what was seen spoken', ''], rows })}`;
}

function missingText({ field }: PeersRun): string {
  const all = Object.entries(field.missing).map(([name, why]) => `- ${name}: ${why.replaceAll(/\s+/g, ' ')}`);
  return all.length === 0 ? '' : `## Who is missing\n\n${all.join('\n')}`;
}

const REPEAT = `## How to repeat it

\`\`\`console
$ npm ci
$ npm run bench -- peers --report      # all of it, an hour or less
$ npm run bench -- peers --quick       # a first look, some minutes
$ npm run bench -- peers --only tcp,open --contenders haproxy --rounds 5
\`\`\`

On Linux with \`openssl\`, \`gcc\`, \`python3\` with pip, and apt for Debian's packages. What is needed is fetched at first use below
\`.cache/peers\` and runs from there: nothing is installed on the system. Close what else runs; the first line of the output says
how quiet the machine is.`;

function mebibytes(bytes: number): string {
  return String(Math.round(bytes / 1024 ** 2));
}
