/** Where a value lies between 0 and 1, and at which values a grid is drawn. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number at or above the largest value. */
export function linearScale(values: readonly number[]): Scale {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step =
    [1, 2, 2.5, 5, 10].map((each) => each * 10 ** Math.floor(Math.log10(most / 4))).find((each) => each * 5 >= most) ?? most;
  const count = Math.ceil(most / step);
  return { at: (value) => value / (step * count), ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** Powers of ten around all values, which are above 0. */
export function logScale(values: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value) => (Math.log10(value) - low) / (high - low),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

/** 12500 as `12.5k`. */
export function tickLabel(value: number): string {
  const [scaled, suffix] = value >= 1e6 ? [value / 1e6, 'M'] : value >= 1000 ? [value / 1000, 'k'] : [value, ''];
  return `${Number(scaled.toPrecision(3))}${suffix}`;
}
