import type { Goal } from '../../../scripts/measure/index.ts';
import type { NodeRelease } from '../node-releases.ts';
import type { Section } from '../results.ts';
import type { Environment } from './environment.ts';
import type { Chapter, Page } from './page.ts';
import { growthLines, latencyLines, sectionBars } from './plots.ts';

export interface InProcessRun {
  readonly rounds: number;
  readonly seconds: number;
  readonly nodes: readonly NodeRelease[];
  readonly sections: readonly Section[];
  readonly goals: readonly Goal[];
  readonly environment: Environment;
}

/** The page of `npm run bench -- in-process --report`. */
export function inProcessPage({ rounds, seconds, nodes, sections, goals, environment }: InProcessRun): Page {
  return {
    title: 'Calls in process against plain HTTP',
    words: WORDS,
    goals,
    environment,
    rounds,
    facts: [['rounds', `${rounds} of ${seconds} s each, in turn; the figures are medians`]],
    chapters: nodes.map(({ version }) => chapter(version, sections)),
    ending: REPEAT,
  };
}

const WORDS = `One Node.js process calls another, over the mesh in mutual TLS, or in plain HTTP with what is fastest there: \`undici.request\` to a
\`node:http\` server. Each answer is 1 KiB and is read in full. Every way has a client process and a server process of its own;
they are measured in turn. The open loop calls at a fixed rate whatever the answers do, and a latency counts from when its call was
due; its client spins so that it is never late, so that its CPU time says nothing. \`mesh.send\` is the mesh's own call, which gives bytes;
\`mesh.fetch\` makes a \`Response\` of it, whose \`arrayBuffer()\` is a copy.`;

function chapter(version: string, sections: readonly Section[]): Chapter {
  const own = sections.filter(({ node }) => node === version);
  const closed = own.filter(({ load }) => load === 'closed');
  const name = (what: string): string => `in-process-${version.split('.')[0] ?? ''}-${what}.svg`;
  const title = `In process, Node ${version}`;
  return {
    title: `Node ${version}`,
    words: 'Of the same release on both sides.',
    plots: [
      growthLines(name('rate'), closed, 'perSecond', `${title}: requests/s by calls in flight`, 'requests/s'),
      ...closed
        .filter(({ level }) => level === 64)
        .map((section) => sectionBars(name('cpu'), section, 'cpu', 'CPU a call', 'µs')),
      ...own.filter(({ load }) => load === 'open').map((section) => latencyLines(name('open'), section)),
    ],
    sections: own,
  };
}

const REPEAT = `## How to repeat it

\`\`\`console
$ npm ci
$ npm run bench -- in-process --report
$ npm run bench -- in-process --quick
\`\`\``;
