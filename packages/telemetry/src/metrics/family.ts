import { MOST_SERIES, OTHER, type MetricDeclaration } from './declaration.ts';

/** One series of a metric: what its labels say, and what is counted. */
export interface Series<Instrument> {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly instrument: Instrument;
}

/** The series of one metric, which are bounded whatever the labels are asked to say. */
export class Family<Instrument> {
  readonly name: string;
  readonly declaration: MetricDeclaration;
  readonly #make: () => Instrument;
  readonly #onOverflow: () => void;
  readonly #closed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #series = new Map<string, Series<Instrument>>();

  constructor(name: string, declaration: MetricDeclaration, make: () => Instrument, onOverflow: () => void) {
    this.name = name;
    this.declaration = declaration;
    this.#make = make;
    this.#onOverflow = onOverflow;
    this.#closed = new Map(
      Object.entries(declaration.labels).flatMap(([label, { values }]) =>
        values === undefined ? [] : [[label, new Set(values)] as const],
      ),
    );
  }

  get series(): Iterable<Series<Instrument>> {
    return this.#series.values();
  }

  /**
   * The series with these labels. What is of no closed set is `other`; so is every open label once there are as many series
   * as there may be. Does not throw.
   */
  resolve(given: Readonly<Record<string, string>>): Instrument {
    const labels = Object.keys(this.declaration.labels).map((label) => [label, this.#valueOf(label, given[label])] as const);
    const held = this.#series.get(keyOf(labels));
    if (held !== undefined) return held.instrument;
    const isOpen = this.#closed.size < labels.length;
    if (!isOpen || this.#series.size < (this.declaration.most ?? MOST_SERIES)) return this.#add(labels);
    this.#onOverflow();
    const shared = labels.map(([label, value]) => [label, this.#closed.has(label) ? value : OTHER] as const);
    return this.#series.get(keyOf(shared))?.instrument ?? this.#add(shared);
  }

  #valueOf(label: string, value: unknown): string {
    const values = this.#closed.get(label);
    if (typeof value !== 'string' || value === '') return OTHER;
    if (values === undefined) return value.length <= LONGEST_VALUE ? value : OTHER;
    return values.has(value) ? value : OTHER;
  }

  #add(labels: Series<Instrument>['labels']): Instrument {
    const instrument = this.#make();
    this.#series.set(keyOf(labels), { labels, instrument });
    return instrument;
  }
}

/** No name in a mesh is longer; what is longer is none. */
const LONGEST_VALUE = 128;

function keyOf(labels: Series<unknown>['labels']): string {
  return JSON.stringify(labels.map(([, value]) => value));
}
