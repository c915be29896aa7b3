import { linearScale, logScale, tickLabel } from './scale.ts';
import { line, picture, point, textAt } from './svg.ts';

export interface Series {
  readonly label: string;
  readonly colour: string;
  /** One for each place on the x axis; NaN leaves it out. */
  readonly values: readonly number[];
}

export interface LinesPlan {
  readonly title: string;
  readonly unit: string;
  /** Places on the x axis, evenly apart. */
  readonly places: readonly string[];
  readonly series: readonly Series[];
  /** Whether each step up is ten times as much. */
  readonly isLogarithmic?: boolean;
}

const WIDTH = 820;
const LEFT = 60;
/** For the legend. */
const RIGHT = 270;
const TOP = 40;
const HEIGHT = 260;
const LEGEND_STEP = 20;

/** A line for each series, with a legend beside them. */
export function lineChart({ title, unit, places, series, isLogarithmic = false }: LinesPlan): string {
  const values = series.flatMap((each) => each.values).filter((value) => value > 0);
  const scale = (isLogarithmic ? logScale : linearScale)(values.length === 0 ? [1] : values);
  const x = (place: number): number => LEFT + 30 + (place * (WIDTH - LEFT - RIGHT - 60)) / Math.max(1, places.length - 1);
  const y = (value: number): number => TOP + HEIGHT - scale.at(value) * HEIGHT;
  const bottom = Math.max(TOP + HEIGHT, TOP + series.length * LEGEND_STEP);
  const grid = scale.ticks.flatMap((tick) => [
    line(LEFT, y(tick), WIDTH - RIGHT, y(tick), 'grid'),
    textAt({ x: LEFT - 8, y: y(tick) + 4, anchor: 'end', style: 'faint' }, tickLabel(tick)),
  ]);
  const axis = places.map((place, index) => textAt({ x: x(index), y: bottom + 18, anchor: 'middle', style: 'faint' }, place));
  const drawn = series.flatMap(({ label, colour, values: each }, index) => {
    const points = each.flatMap((value, place) => (value > 0 ? [[x(place), y(value)] as const] : []));
    const path = points.map(([left, top]) => `${point(left)},${point(top)}`).join(' ');
    const legend = TOP + 10 + index * LEGEND_STEP;
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(([left, top]) => `<circle cx="${point(left)}" cy="${point(top)}" r="3.5" fill="${colour}"/>`),
      `<rect x="${WIDTH - RIGHT + 16}" y="${legend - 9}" width="12" height="12" rx="2" fill="${colour}"/>`,
      textAt({ x: WIDTH - RIGHT + 34, y: legend + 2 }, label),
    ];
  });
  const heading = [
    textAt({ x: 12, y: 22, style: 'title' }, title),
    textAt({ x: WIDTH - 12, y: 22, anchor: 'end', style: 'faint' }, unit),
  ];
  return picture(WIDTH, bottom + 32, title, [...heading, ...grid, ...axis, ...drawn]);
}
