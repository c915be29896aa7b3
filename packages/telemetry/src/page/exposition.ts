import type { Family, Series } from '../metrics/family.ts';
import type { Counter, Gauge, Histogram } from '../metrics/instruments.ts';

/** `prometheus`: text format 0.0.4; `openmetrics`: OpenMetrics 1.0. */
export type PageFormat = 'prometheus' | 'openmetrics';

export interface Families {
  readonly counters: Iterable<Family<Counter>>;
  readonly gauges: Iterable<Family<Gauge>>;
  readonly histograms: Iterable<Family<Histogram>>;
}

/** All metrics as text. A metric without series is left out. */
export function exposition({ counters, gauges, histograms }: Families, format: PageFormat): string {
  const page = new Page(format);
  for (const family of counters) page.add(family, 'counter', valueLine);
  for (const family of gauges) page.add(family, 'gauge', valueLine);
  for (const family of histograms) page.add(family, 'histogram', histogramLines);
  return page.text();
}

class Page {
  readonly #format: PageFormat;
  readonly #lines: string[] = [];

  constructor(format: PageFormat) {
    this.#format = format;
  }

  add<Instrument>(
    { name, declaration: { help, unit }, series }: Family<Instrument>,
    type: 'counter' | 'gauge' | 'histogram',
    linesOf: (name: string, series: Series<Instrument>) => readonly string[],
  ): void {
    const lines = [...series].flatMap((each) => linesOf(name, each));
    if (lines.length === 0) return;
    const isOpen = this.#format === 'openmetrics';
    // In OpenMetrics a counter is called by its name without what its samples end in.
    const family = isOpen && type === 'counter' ? name.replace(/_total$/, '') : name;
    this.#lines.push(`# HELP ${family} ${escapeHelp(help, this.#format)}`, `# TYPE ${family} ${type}`);
    if (isOpen && unit !== undefined && family.endsWith(`_${unit}`)) this.#lines.push(`# UNIT ${family} ${unit}`);
    for (const line of lines) this.#lines.push(line);
  }

  text(): string {
    const lines = this.#format === 'openmetrics' ? [...this.#lines, '# EOF'] : this.#lines;
    return `${lines.join('\n')}\n`;
  }
}

function valueLine(name: string, { labels, instrument: { value } }: Series<Counter | Gauge>): readonly string[] {
  return Number.isNaN(value) ? [] : [`${name}${labelled(labels)} ${number(value)}`];
}

function histogramLines(name: string, { labels, instrument }: Series<Histogram>): readonly string[] {
  const { cumulative, sum } = instrument;
  const all = cumulative.at(-1)?.count ?? 0;
  return [
    ...cumulative.map(({ le, count }) => `${name}_bucket${labelled([...labels, ['le', bound(le)]])} ${number(count)}`),
    `${name}_sum${labelled(labels)} ${number(sum)}`,
    `${name}_count${labelled(labels)} ${number(all)}`,
  ];
}

function labelled(labels: Series<unknown>['labels']): string {
  return labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}="${escapeValue(value)}"`).join(',')}}`;
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** OpenMetrics writes the ends of buckets as floating-point numbers, always with a point. */
function bound(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : number(value);
}

/** Backslash, quote and line feed, as both formats want; other control characters are replaced, for readers on a terminal. */
function escapeValue(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** Quotes are escaped in OpenMetrics alone. */
function escapeHelp(help: string, format: PageFormat): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped;
}
