import type { MetricDeclaration } from './declaration.ts';
import { Family } from './family.ts';
import { Counter, Gauge, Histogram } from './instruments.ts';
import { COUNTERS, GAUGES, HISTOGRAMS, type CounterLabels, type GaugeLabels, type HistogramLabels } from './names.ts';
import { exposition, type PageFormat } from '../page/exposition.ts';

type Table = Readonly<Record<string, MetricDeclaration>>;
type Families<Instrument> = ReadonlyMap<string, Family<Instrument>>;

/**
 * What one member counts. Only declared metrics can be had, with bounded series; nothing in here throws, so that no request
 * fails because it is counted.
 */
export class Metrics {
  readonly #counters: Families<Counter>;
  readonly #gauges: Families<Gauge>;
  readonly #histograms: Families<Histogram>;

  constructor() {
    const overflows = new Counter();
    const makeCounter = (name: string): Counter => (name === 'themis_series_overflows_total' ? overflows : new Counter());
    const familiesOf = <Instrument>(
      table: Table,
      make: (name: string, of: MetricDeclaration) => Instrument,
    ): Families<Instrument> =>
      new Map(
        Object.entries(table).map(([name, declaration]) => {
          const family = new Family(
            name,
            declaration,
            () => make(name, declaration),
            () => overflows.add(),
          );
          // A metric without labels is there from the beginning, so that its first rise is seen as one.
          if (Object.keys(declaration.labels).length === 0) family.resolve({});
          return [name, family];
        }),
      );
    this.#counters = familiesOf({ ...COUNTERS }, makeCounter);
    this.#gauges = familiesOf({ ...GAUGES }, () => new Gauge());
    this.#histograms = familiesOf({ ...HISTOGRAMS }, (_, { buckets = [] }) => new Histogram(buckets));
  }

  /** To be kept by whoever counts: finding it costs more than counting. */
  counter<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name]): Counter {
    return this.#counters.get(name)?.resolve({ ...labels }) ?? new Counter();
  }

  gauge<Name extends keyof GaugeLabels>(name: Name, labels: GaugeLabels[Name]): Gauge {
    return this.#gauges.get(name)?.resolve({ ...labels }) ?? new Gauge();
  }

  histogram<Name extends keyof HistogramLabels>(name: Name, labels: HistogramLabels[Name]): Histogram {
    return this.#histograms.get(name)?.resolve({ ...labels }) ?? new Histogram([]);
  }

  /** The page that Prometheus reads. */
  text(format: PageFormat = 'prometheus'): string {
    return exposition(
      { counters: this.#counters.values(), gauges: this.#gauges.values(), histograms: this.#histograms.values() },
      format,
    );
  }
}
