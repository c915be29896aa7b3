/** Counts up. To be resolved once and kept: an addition is one sum. */
export class Counter {
  #read: (() => number) | undefined;
  #value = 0;

  /** NaN where it cannot be read. */
  get value(): number {
    return readSafely(this.#read, this.#value);
  }

  /** @param more at least 0; anything else is not counted, since a counter that falls is taken for a restart */
  add(more = 1): void {
    if (more > 0) this.#value += more;
  }

  /** @param read of what somebody else counts up: called for each page */
  readFrom(read: () => number): void {
    this.#read = read;
  }
}

/** Goes up and down, or is read when somebody asks. */
export class Gauge {
  #read: (() => number) | undefined;
  #value = 0;

  /** NaN where it cannot be read. */
  get value(): number {
    return readSafely(this.#read, this.#value);
  }

  set(value: number): void {
    this.#value = value;
  }

  add(more: number): void {
    this.#value += more;
  }

  /** @param read called for each page */
  readFrom(read: () => number): void {
    this.#read = read;
  }
}

/** Sorts values into fixed buckets. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds the upper ends of the buckets, ascending; one more, without end, is added */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** @param value at least 0; anything else is not observed */
  observe(value: number): void {
    if (!(value >= 0)) return;
    const bounds = this.#bounds;
    let index = 0;
    // A value is in the first bucket whose end it does not exceed: ends are inclusive. Few are far from the first.
    while (index < bounds.length && value > (bounds[index] ?? Infinity)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** For each bucket its upper end, and how many values are at or below it; the last end is infinite. */
  get cumulative(): readonly { readonly le: number; readonly count: number }[] {
    let count = 0;
    return [...this.#bounds, Infinity].map((le, index) => {
      count += this.#counts[index] ?? 0;
      return { le, count };
    });
  }
}

function readSafely(read: (() => number) | undefined, value: number): number {
  try {
    return read === undefined ? value : read();
  } catch {
    return NaN;
  }
}
