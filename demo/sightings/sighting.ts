/** Something that a process of the shop said of itself. */
export interface Sighting {
  /** The service whose process said it. */
  readonly service: string;
  /** When, by that process. Milliseconds since 1970. */
  readonly at: number;
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A fact that is a text; empty where there is none. */
export function textOf({ facts }: Sighting, name: string): string {
  const fact = facts[name];
  return typeof fact === 'string' ? fact : '';
}

/** A fact that is a number; NaN where there is none. */
export function numberOf({ facts }: Sighting, name: string): number {
  const fact = facts[name];
  return typeof fact === 'number' ? fact : Number.NaN;
}
