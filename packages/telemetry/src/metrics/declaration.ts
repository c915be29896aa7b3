/** What one label of a metric may say. */
export interface LabelDeclaration {
  readonly meaning: string;
  /** The closed set of its values. Undefined: names from outside, of which the metric holds no more than its `most` series. */
  readonly values: readonly string[] | undefined;
  /** For the page of reference, where there are too many values to list: what they are. */
  readonly valuesAre?: string;
}

/** One metric: declared once, and counted, written and documented from here. */
export interface MetricDeclaration<Label extends string = string> {
  /** One sentence without its full stop. */
  readonly help: string;
  readonly unit?: 'seconds' | 'bytes';
  readonly labels: Readonly<Record<Label, LabelDeclaration>>;
  /**
   * How many series it has before every open label of a new one says `other`. Default {@link MOST_SERIES}; of no meaning where
   * all labels are closed.
   */
  readonly most?: number;
  /** Of a histogram: the upper ends of its buckets, ascending, without the last, which is infinite. */
  readonly buckets?: readonly number[];
}

/** How many series a metric has before the next ones are counted together. */
export const MOST_SERIES = 200;

/** What stands for a value that is not of the closed set, and for those that came after {@link MOST_SERIES}. */
export const OTHER = 'other';
