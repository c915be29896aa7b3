import { linearScale, tickLabel } from './scale.ts';
import { line, picture, point, textAt } from './svg.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The least and the most of all rounds, as a whisker. */
  readonly range?: readonly [number, number];
  readonly colour: string;
  /** What stands behind the bar; the value by default. */
  readonly note?: string;
}

const WIDTH = 760;
/** Of a letter of a label, somewhat more than the mean. */
const LETTER = 6.8;
const RIGHT = 90;
const TOP = 40;
const STEP = 26;

/** Horizontal bars from 0, one a row. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const scale = linearScale(bars.flatMap(({ value, range = [value, value] }) => [value, ...range]));
  const left = Math.ceil(24 + LETTER * Math.max(...bars.map(({ label }) => label.length), 10));
  const x = (value: number): number => left + scale.at(value) * (WIDTH - left - RIGHT);
  const bottom = TOP + bars.length * STEP;
  const grid = scale.ticks.flatMap((tick) => [
    line(x(tick), TOP - 4, x(tick), bottom, 'grid'),
    textAt({ x: x(tick), y: bottom + 16, anchor: 'middle', style: 'faint' }, tickLabel(tick)),
  ]);
  const rows = bars.flatMap(({ label, value, range, colour, note }, index) => {
    const y = TOP + index * STEP;
    const middle = y + STEP / 2;
    const [low, high] = range ?? [value, value];
    return [
      textAt({ x: left - 8, y: middle + 4, anchor: 'end' }, label),
      `<rect x="${left}" y="${point(y + 4)}" width="${point(x(value) - left)}" height="${STEP - 8}" rx="2" fill="${colour}"/>`,
      ...(range === undefined ? [] : [line(x(low), middle, x(high), middle, 'whisker')]),
      textAt({ x: Math.max(x(value), x(high)) + 6, y: middle + 4 }, note ?? tickLabel(value)),
    ];
  });
  const heading = [
    textAt({ x: 12, y: 22, style: 'title' }, title),
    textAt({ x: WIDTH - 12, y: 22, anchor: 'end', style: 'faint' }, unit),
  ];
  return picture(WIDTH, bottom + 28, title, [...heading, ...grid, ...rows]);
}
