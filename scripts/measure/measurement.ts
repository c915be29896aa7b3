import type { Goal } from './goal.ts';

/** A benchmark (`bench/NAME.ts`) or a drill (`drills/NAME.ts`). Its file exports it under any name. */
export interface Measurement {
  /** The same as the file's. */
  readonly name: string;
  /** One line for the listing. */
  readonly summary: string;
  /** @returns at least one goal: what is held against nothing is no measurement. */
  readonly run: (context: MeasureContext) => Promise<readonly Goal[]>;
}

export interface MeasureContext {
  /** The words of the command line after the name, without --json. */
  readonly words: readonly string[];
  /** A line for people: progress, tables, what was seen. */
  readonly print: (line: string) => void;
}
