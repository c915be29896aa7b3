import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, atMost, figure, type Goal } from '../../scripts/measure/index.ts';
import { ROOT } from '../../scripts/root.ts';
import { UsageError } from '../../scripts/usage-error.ts';
import { simulationPage } from './page.ts';
import { scenariosOf, type Series } from './scenarios.ts';
import { runTrial, type Figures } from './trial.ts';

const USAGE = '[--quick] [--seed N] [--report]';

/** A row, with what came of it. */
export interface Row {
  readonly label: string;
  readonly nodes: number;
  readonly figures: Figures;
}

export interface Table extends Omit<Series, 'scenarios'> {
  readonly rows: readonly Row[];
}

/** Simulates all series, prints them, and writes the page where that is wanted. */
export async function runSimulation(words: readonly string[], print: (line: string) => void): Promise<readonly Goal[]> {
  const { isQuick, isReport, seed } = readWords(words);
  print(`seed ${seed}: the same seed gives the same figures`);
  const tables: Table[] = [];
  for (const { scenarios, ...series } of scenariosOf(seed, isQuick)) {
    print(`\n${series.title}\n${HEAD}`);
    const rows: Row[] = [];
    for (const { label, plan } of scenarios) {
      const figures = await runTrial(plan);
      rows.push({ label, nodes: plan.nodes, figures });
      print(line(label, figures));
    }
    tables.push({ ...series, rows });
  }
  const goals = goalsOf(tables);
  if (isReport) {
    const folder = join(ROOT, 'docs/benchmarks');
    mkdirSync(folder, { recursive: true });
    for (const { file, text } of simulationPage(tables, goals, seed)) writeFileSync(join(folder, file), text);
    print('written: docs/benchmarks/simulation.md');
  }
  return goals;
}

/** The part of the finds that gave the newest, in percent. */
export function successOf({ fresh, finds }: Figures): number {
  return (100 * fresh) / finds;
}

/** Finds that gave what is not so. */
export function wrongOf({ older, denied }: Figures): number {
  return older + denied;
}

function goalsOf(tables: readonly Table[]): readonly Goal[] {
  const rowsOf = (name: Series['name']): readonly Row[] => tables.find((table) => table.name === name)?.rows ?? [];
  const sizes = rowsOf('size').filter(({ label }) => !label.includes('drawn'));
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('no sizes');
  const growth = last.figures.hops / first.figures.hops / (Math.log2(last.nodes) / Math.log2(first.nodes));
  const quiet = sizes.reduce((sum, { figures }) => sum + wrongOf(figures), 0);
  const unrest = rowsOf('unrest').flatMap(({ label, figures }) => [
    atLeast(`newest given, a quarter hostile and a tenth dying, ${label}`, successOf(figures), '%', 99.9),
    atMost(`wrong answers, a quarter hostile and a tenth dying, ${label}`, wrongOf(figures), 'finds', 0),
  ]);
  return [
    atMost(`growth of hops from ${first.label} to ${last.label} nodes, to that of log2`, growth, 'ratio', 1),
    atMost('wrong answers, honest nodes', quiet, 'finds', 0),
    ...unrest,
  ];
}

const HEAD =
  'nodes               hops  p99  requests  p99   ms p50   ms p99  newest %  stale  unavailable  older  denied  stored      load';

function line(label: string, figures: Figures): string {
  const { hops, hopsP99, requests, requestsP99, p50, p99, stale, unavailable, older, denied, stored, stores, load } = figures;
  const cells: readonly (readonly [string, number])[] = [
    [hops.toFixed(2), 6],
    [String(hopsP99), 5],
    [requests.toFixed(1), 10],
    [String(requestsP99), 5],
    [String(Math.round(p50)), 9],
    [String(Math.round(p99)), 9],
    [successOf(figures).toFixed(2), 10],
    [String(stale), 7],
    [String(unavailable), 13],
    [String(older), 7],
    [String(denied), 8],
    [`${stored}/${stores}`, 8],
    [figure(load), 10],
  ];
  return label.padEnd(18) + cells.map(([text, width]) => text.padStart(width)).join('');
}

function readWords(words: readonly string[]): { readonly isQuick: boolean; readonly isReport: boolean; readonly seed: number } {
  const at = words.indexOf('--seed');
  const seed = at < 0 ? 1 : Number(words[at + 1]);
  const known = words.every((word, place) => ['--quick', '--report', '--seed'].includes(word) || (at >= 0 && place === at + 1));
  if (!known || !Number.isInteger(seed)) throw new UsageError(USAGE);
  return { isQuick: words.includes('--quick'), isReport: words.includes('--report'), seed };
}
