import { figure, type Goal } from '../../scripts/measure/index.ts';
import { barChart } from '../peers/report/bars.ts';
import { lineChart } from '../peers/report/lines.ts';
import { markdownTable } from '../peers/tables.ts';
import { successOf, wrongOf, type Row, type Table } from './run.ts';

export interface PageFile {
  readonly file: string;
  readonly text: string;
}

/** The page of `npm run bench -- simulation --report`, and its pictures. */
export function simulationPage(tables: readonly Table[], goals: readonly Goal[], seed: number): readonly PageFile[] {
  const plots = plotsOf(tables);
  const pictures = (name: string): string =>
    plots
      .filter((plot) => plot.of === name)
      .map(({ title, file }) => `![${title}](${file})\n\n`)
      .join('');
  const chapters = tables.map((table) => `## ${table.title}\n\n${table.words}\n\n${pictures(table.name)}${tableText(table)}\n`);
  const text = `# The directory network, simulated\n\n${WORDS}\n\n## What it is held to\n\n${goalText(goals)}\n\n${chapters.join('\n')}\n${endingOf(seed)}`;
  return [{ file: 'simulation.md', text }, ...plots.map(({ file, svg }) => ({ file, text: svg }))];
}

const WORDS = `Thousands of nodes in one process: \`KadNode\` and \`KadDirectory\` as they are, over a network in memory and a clock that jumps from
one event to the next. A message takes 5 to 50 ms one way, drawn anew each time; of 100 one is lost, and a dead node is silent, so that in
both cases only a time-out tells. Records are signed and every signature is verified; what is left out is the bytes on the wire, and
watches. 24 values are stored anew twice a minute by four nodes that stay, while they are sought: every other find is of a node that has
never read anything, the others of readers that remember what they saw.

*Hops* count from whom the finder knew, who are one hop away, to the answer that ended the find; *requests* are those of one find; of both
the mean and the 99th percentile, of first finds alone. Milliseconds are virtual. *Newest* finds gave the newest record that was stored when they began;
*stale* ones an older one and said so; *older* ones did not say so, and *denied* ones that there is none: both are wrong. *Load* is all
requests, a node and second.

Hostile nodes are members, and one conspiracy. *Withhold*: say that they keep what they drop, and that there is nothing. *Replay*: give
what was replaced long ago, with the history that proves it. *Flood*: the same, and tell of none but their own, the nearest first. *Lie*: give what nobody
signed, and name honest nodes at addresses where nobody is. *Hang*: answer pings alone.`;

interface Plot {
  readonly of: string;
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

const [OURS, SECOND, THIRD] = ['#e8590c', '#228be6', '#868e96'];

function plotsOf(tables: readonly Table[]): readonly Plot[] {
  return tables.flatMap((table) => {
    const plot = (kind: string, title: string, svg: string): Plot => ({
      of: table.name,
      file: `simulation-${kind}.svg`,
      title,
      svg,
    });
    switch (table.name) {
      case 'size': {
        const title = 'Hops and requests of a find, by nodes';
        return [
          plot(
            'size',
            title,
            growth(
              title,
              table.rows.filter(({ label }) => !label.includes('drawn')),
            ),
          ),
        ];
      }
      case 'unrest': {
        const title = 'Hops and requests of a find, a quarter hostile and a tenth dying';
        return [
          plot(
            'unrest',
            title,
            growth(
              title,
              table.rows.filter(({ label }) => !label.includes('all')),
            ),
          ),
        ];
      }
      default: {
        const title = `Wrong answers: ${table.title.toLowerCase()}`;
        return [plot(table.name, title, wrongBars(title, table.rows))];
      }
    }
  });
}

function growth(title: string, rows: readonly Row[]): string {
  const series = [
    { label: 'requests, mean', colour: SECOND, values: rows.map(({ figures }) => figures.requests) },
    { label: 'log2 of the nodes', colour: THIRD, values: rows.map(({ nodes }) => Math.log2(nodes)) },
    { label: 'hops, mean', colour: OURS, values: rows.map(({ figures }) => figures.hops) },
  ];
  return lineChart({ title, unit: 'of one find', places: rows.map(({ label }) => label), series });
}

function wrongBars(title: string, rows: readonly Row[]): string {
  const bars = rows.map(({ label, figures }) => {
    const value = (100 * wrongOf(figures)) / figures.finds;
    return { label, value, colour: OURS, note: `${figure(value)} %` };
  });
  return barChart(title, '% of all finds', bars);
}

function goalText(goals: readonly Goal[]): string {
  const rows = goals.map(({ goal, value, relation, bound, unit, holds }) => {
    return [goal, figure(value), `${relation} ${figure(bound)} ${unit}`, holds ? 'holds' : '**fails**'];
  });
  return markdownTable({ head: ['', 'measured', 'wanted', ''], rows });
}

function tableText({ rows }: Table): string {
  const head = [
    '',
    'hops',
    'requests',
    'ms p50, p99',
    'finds',
    'newest %',
    'stale',
    'unavailable',
    'older',
    'denied',
    'stored',
    'load',
  ];
  const cells = rows.map(({ label, figures }) => {
    const { hops, hopsP99, requests, requestsP99, p50, p99, finds, stale, age, unavailable, older, denied } = figures;
    return [
      label,
      `${hops.toFixed(2)}, ${hopsP99}`,
      `${requests.toFixed(1)}, ${requestsP99}`,
      `${Math.round(p50)}, ${Math.round(p99)}`,
      String(finds),
      successOf(figures).toFixed(2),
      stale === 0 ? '0' : `${stale} (${figure(age)} s)`,
      String(unavailable),
      String(older),
      String(denied),
      `${figures.stored}/${figures.stores}`,
      figure(figures.load),
    ];
  });
  return markdownTable({ head, rows: cells });
}

function endingOf(seed: number): string {
  return `## How to repeat it

\`\`\`console
$ npm ci
$ npm run bench -- simulation --report --seed ${seed}
\`\`\`

The same seed gives the same figures on every machine; \`--quick\` simulates 10 and 100 nodes in seconds. \`bench/simulation\` has a file
for each part: the clock, the network, the world of nodes that come and go, what hostile ones do, and the list of scenarios.
`;
}
