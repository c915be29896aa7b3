import { spreadOf } from '../../../scripts/measure/index.ts';
import { figuresOf, medianOf, type Measure, type Section } from '../results.ts';
import { round, titleOf, unitOf } from '../tables.ts';
import { barChart } from './bars.ts';
import { coloursOf } from './colours.ts';
import { lineChart } from './lines.ts';

/** A file beside the page, and what stands in its place for who does not see it. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Bars of a measure of one section. The direct way is left out: it would make all others short. */
export function sectionBars(file: string, section: Section, measure: Measure, what: string, unit = unitOf(section)): Plot {
  const title = `${titleOf(section)}: ${what}`;
  const colours = coloursOf(section.rows);
  const bars = section.rows.flatMap((row, index) => {
    const value = medianOf(row, measure);
    if (row.kind === 'direct' || Number.isNaN(value)) return [];
    const { min, max } = spreadOf(figuresOf(row, measure));
    return [{ label: row.name, value, range: [min, max] as const, colour: colours[index] ?? '', note: round(value) }];
  });
  return { file, title, svg: barChart(title, `${unit}, median and range`, bars) };
}

/** How a measure grows from section to section: sections of one load with the same rows. */
export function growthLines(file: string, sections: readonly Section[], measure: Measure, title: string, unit: string): Plot {
  const rows = sections[0]?.rows ?? [];
  const colours = coloursOf(rows);
  const series = rows.flatMap((row, index) => {
    if (row.kind === 'direct') return [];
    const values = sections.map((section) => {
      const same = section.rows.find(({ name }) => name === row.name);
      return same === undefined ? NaN : medianOf(same, measure);
    });
    return [{ label: row.name, colour: colours[index] ?? '', values }];
  });
  const places = sections.map(({ level }) => String(level));
  return { file, title, svg: lineChart({ title, unit, places, series, isLogarithmic: measure !== 'perSecond' }) };
}

/** The percentiles of one section, each step up ten times as slow. */
export function latencyLines(file: string, section: Section): Plot {
  const title = `${titleOf(section)}: latency`;
  const colours = coloursOf(section.rows);
  const measures = ['p50', 'p99', 'p999'] as const;
  const series = section.rows.map((row, index) => ({
    label: row.name,
    colour: colours[index] ?? '',
    values: measures.map((measure) => medianOf(row, measure)),
  }));
  const places = ['p50', 'p99', 'p99.9'];
  return { file, title, svg: lineChart({ title, unit: 'ms', places, series, isLogarithmic: true }) };
}
