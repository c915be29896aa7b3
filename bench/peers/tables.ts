import { figure, spreadOf } from '../../scripts/measure/index.ts';
import { ratiosOf } from './ratios.ts';
import { figuresOf, type Measure, type Row, type Sample, type Section } from './results.ts';

/** A table of text. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const UNITS: Readonly<Record<Section['load'], string>> = {
  closed: 'requests/s',
  open: 'requests/s',
  connections: 'connections/s',
  bulk: 'MB/s',
};

export function titleOf({ load, carries, level, node }: Omit<Section, 'rows'>): string {
  const what = carries === 'in process' ? `In process, Node ${node ?? ''}` : carries.toUpperCase();
  const lanes = carries === 'in process' ? 'in flight' : `connection${level === 1 ? '' : 's'}`;
  switch (load) {
    case 'closed':
      return `${what}, closed loop, ${level} ${lanes}`;
    case 'open':
      return `${what}, open loop, ${level} requests/s`;
    case 'connections':
      return `${what}, a new connection for each request, ${level} at a time`;
    case 'bulk':
      return `${what}, one large answer`;
  }
}

export function unitOf({ load }: Pick<Section, 'load'>): string {
  return UNITS[load];
}

/** Medians, with the least and the most of all rounds for the rate. In an open loop all have one rate: tails are compared. */
export function tableOf(section: Section): Table {
  const { load, rows } = section;
  const latencies: readonly Measure[] = load === 'bulk' ? [] : ['p50', 'p99', 'p999'];
  const compared = load === 'open' ? 'p99' : 'perSecond';
  const per = load === 'bulk' ? 'MB' : 'request';
  const head = [
    'way',
    UNITS[load],
    'min to max',
    `${compared === 'p99' ? 'p99 ' : ''}to ${section.carries === 'in process' ? 'plain' : 'the best native'}`,
    ...latencies.map((name) => `${name === 'p999' ? 'p99.9' : name} ms`),
    `CPU µs a ${per}: client side`,
    'server side',
    'errors',
    ...(load === 'open' ? ['unanswered'] : []),
  ];
  const ratios = ratiosOf(section, compared);
  return {
    head,
    rows: rows.map((row) => {
      if (row.samples.length === 0) return [row.name, 'did not finish', ...head.slice(2).map(() => '')];
      const { min, max } = spreadOf(figuresOf(row, 'perSecond'));
      const total = (count: (sample: Sample) => number): string =>
        String(row.samples.reduce((sum, each) => sum + count(each), 0));
      return [
        row.name,
        short(row, 'perSecond'),
        `${round(min)} to ${round(max)}`,
        figureOr(ratios.find(({ name }) => name === row.name)?.median),
        ...latencies.map((measure) => short(row, measure)),
        ...(['clientCpu', 'serverCpu'] as const).map((measure) => (row.kind === 'direct' ? '' : short(row, measure))),
        total(({ errors }) => errors),
        ...(load === 'open' ? [total(({ unanswered = 0 }) => unanswered)] : []),
      ];
    }),
  };
}

/** Columns of one width each, for a terminal. */
export function textTable({ head, rows }: Table): readonly string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [head, ...rows].map((row) => `  ${line(row).trimEnd()}`);
}

/** Columns of figures stand to the right. */
export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const isFigures = (column: number): boolean => rows.every((row) => /^([\d.]|$)/.test(row[column] ?? ''));
  const rule = head.map((_, column) => (column > 0 && isFigures(column) ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function short(row: Row, measure: Measure): string {
  return round(spreadOf(figuresOf(row, measure)).median);
}

function figureOr(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

/** Three digits that count: rounds differ by more. */
export function round(value: number): string {
  return value >= 100 ? String(Math.round(value)) : figure(Number(value.toPrecision(3)));
}
