import { stripVTControlCharacters } from 'node:util';
import type { Check } from './checks.ts';
import type { DemoResult, RequestsSeen } from './result.ts';
import type { Refused } from './refused.ts';

/** How things are set off from one another: on a terminal by colours. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

type Row = readonly string[];

/** The table at the end of a run. */
export function renderTable(result: DemoResult, checks: readonly Check[], paint: Paint): readonly string[] {
  return [
    ...section('Traffic', ['', 'requests', 'failed', 'p50', 'p99'], trafficRows(result, paint), paint, 2),
    ...failureLines(result, paint),
    ...section('Certificates', ['', 'program', 'rotations'], certificateRows(result), paint, 3),
    ...section('Refused', ['by', 'reason, as the caller heard it', 'in the log', 'times'], refusedRows(result, paint), paint, 4),
    ...section('Overhead', ['plain p50', 'mesh p50', 'more', 'plain p99', 'mesh p99'], overheadRows(result), paint, 1),
    ...section('Seen', [], checkRows(checks, paint), paint),
    '',
  ];
}

function trafficRows({ traffic, total }: DemoResult, paint: Paint): readonly Row[] {
  const figures = ({ requests, failed, p50, p99 }: RequestsSeen): Row => [
    grouped(requests),
    failed === 0 ? '0' : paint.bad(grouped(failed)),
    milliseconds(p50),
    milliseconds(p99),
  ];
  return [...traffic.map((lane) => [lane.name, paint.dim(lane.about), ...figures(lane)]), ['all', '', ...figures(total)]];
}

/** What went wrong, where anything did. */
function failureLines({ traffic }: DemoResult, paint: Paint): readonly string[] {
  return traffic.flatMap(({ failures }) => failures.map((failure) => `    ${paint.bad('failed')} ${failure}`));
}

function certificateRows({ services }: DemoResult): readonly Row[] {
  return services.map(({ name, kind, program, rotations }) => [name, kind, program, grouped(rotations)]);
}

function refusedRows({ intruders, forbidden, removal }: DemoResult, paint: Paint): readonly Row[] {
  const all = [...intruders, ...forbidden, ...removal.refused];
  const groups = Map.groupBy(all, ({ who, told, seen }) => [who, told, seen].join('\n'));
  return [...groups.values()].map((rows: readonly Refused[]) => [
    rows[0]?.who ?? '',
    rows.map(({ at }) => at).join(', '),
    rows[0]?.told ?? paint.bad('none'),
    rows[0]?.seen ?? paint.bad('none'),
    grouped(rows.reduce((sum, { times }) => sum + times, 0)),
  ]);
}

function overheadRows({ overhead }: DemoResult): readonly Row[] {
  return overhead.map(({ what, plain, mesh }) => [
    what,
    milliseconds(plain.p50),
    milliseconds(mesh.p50),
    `+${((mesh.p50 - plain.p50) * 1000).toFixed(0)} µs`,
    milliseconds(plain.p99),
    milliseconds(mesh.p99),
  ]);
}

function checkRows(checks: readonly Check[], paint: Paint): readonly Row[] {
  return checks.map(({ what, seen, detail }) => [`${seen ? paint.good('✔') : paint.bad('✘')} ${what}`, paint.dim(detail)]);
}

/** @param words how many of the first columns are words, set to the left; the others are figures. Default: all */
function section(title: string, head: Row, rows: readonly Row[], paint: Paint, words = Infinity): readonly string[] {
  const headed: Row = [paint.bold(title), ...head.map((cell) => paint.dim(cell))];
  const lines = [headed, ...rows.map(([first = '', ...others]) => [`  ${first}`, ...others])];
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  const set = (cell: string, column: number): string => {
    const gap = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
    return column < words ? cell + gap : gap + cell;
  };
  return ['', ...lines.map((line) => line.map(set).join('  ').trimEnd())];
}

function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** `1 234 567` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)} ms`;
}
