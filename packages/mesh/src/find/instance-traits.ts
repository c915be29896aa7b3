import { shape, labelsShape, type InstanceRecord, type Json } from '@themis-mesh/core';
import { DEFAULT_WEIGHT, NO_TRAITS, type Traits } from './target.ts';

/** What an instance says of itself in its record besides where it listens: its `ext`, where an older reader passes it over. */
export interface InstanceNotes {
  readonly labels?: ReadonlyMap<string, string>;
  readonly weight?: number;
}

export const MOST_WEIGHT = 10_000;

const weightShape = shape.integer(1, MOST_WEIGHT);

/** @returns undefined where there is nothing to say */
export function notesJson({ labels, weight }: InstanceNotes): Json | undefined {
  const isPlain = (labels === undefined || labels.size === 0) && (weight === undefined || weight === DEFAULT_WEIGHT);
  if (isPlain) return undefined;
  return {
    ...(labels === undefined || labels.size === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** What is not understood is passed over: the instance is then one like any other. */
export function traitsOf({ zone, ext }: Pick<InstanceRecord, 'zone' | 'ext'>): Traits {
  if (zone === undefined && ext === undefined) return NO_TRAITS;
  const { labels, weight } = (typeof ext === 'object' && ext !== null ? ext : {}) as { readonly [name: string]: Json };
  return {
    zone,
    labels: read(labelsShape, labels) ?? NO_TRAITS.labels,
    weight: read(weightShape, weight) ?? DEFAULT_WEIGHT,
  };
}

/** @returns undefined for what is no set of labels */
export function readInstanceLabels(labels: unknown): ReadonlyMap<string, string> | undefined {
  // Whatever it is, the shape looks at all of it.
  return read(labelsShape, labels as Json);
}

function read<T>(of: shape.Shape<T>, value: Json | undefined): T | undefined {
  if (value === undefined) return undefined;
  try {
    return of(value, '');
  } catch (error) {
    if (error instanceof shape.ShapeError) return undefined;
    throw error;
  }
}
