import { figure, type Goal } from '../../../scripts/measure/index.ts';
import type { Section } from '../results.ts';
import { markdownTable, tableOf, titleOf, type Table } from '../tables.ts';
import { cautionOf, type Environment } from './environment.ts';
import type { Plot } from './plots.ts';

/** A part of a page: pictures first, then the tables that they were drawn from. */
export interface Chapter {
  readonly title: string;
  readonly words: string;
  readonly plots: readonly Plot[];
  readonly sections: readonly Section[];
}

export interface Page {
  readonly title: string;
  readonly words: string;
  readonly goals: readonly Goal[];
  readonly environment: Environment;
  readonly rounds: number;
  /** Facts that stand beside those of the machine: versions, rounds. */
  readonly facts: readonly (readonly [string, string])[];
  readonly chapters: readonly Chapter[];
  /** Markdown that follows the chapters. */
  readonly ending: string;
}

/** The page as Markdown. Its pictures lie beside it. */
export function pageText({ title, words, goals, environment, rounds, facts, chapters, ending }: Page): string {
  const { processor, memory, system, load, date } = environment;
  const all: readonly (readonly [string, string])[] = [
    ['machine', `${processor}, ${memory}`],
    ['system', system],
    ['load average before and after', load.map((value) => value.toFixed(1)).join(', ')],
    ['date', date],
    ...facts,
  ];
  const caution = cautionOf(environment, rounds);
  return `# ${title}

${caution === '' ? '' : `${caution}\n\n`}${words}

## What it is held to

${markdownTable(goalTable(goals))}

## Where

${markdownTable({ head: ['', ''], rows: all })}
${chapters.map(chapterText).join('')}
${ending}
`;
}

function goalTable(goals: readonly Goal[]): Table {
  const rows = goals.map(({ goal, value, relation, bound, unit, holds }) => [
    goal,
    `${figure(value)}`,
    `${relation} ${figure(bound)} ${unit}`,
    holds ? 'holds' : '**fails**',
  ]);
  return { head: ['', 'measured', 'wanted', ''], rows };
}

function chapterText({ title, words, plots, sections }: Chapter): string {
  const pictures = plots.map((plot) => `![${plot.title}](${plot.file})\n\n`).join('');
  const tables = sections.map((section) => `### ${titleOf(section)}\n\n${markdownTable(tableOf(section))}\n\n`).join('');
  return `\n## ${title}\n\n${words}\n\n${pictures}${tables}`;
}
