import type { Command } from '@stricli/core';
import type { CliContext } from './context.ts';

/** A command of the command line, with what its JSON holds where it lists something. */
export interface CliCommand {
  readonly command: Command<CliContext>;
  readonly fields?: readonly Field[];
}

/** One field of a command's JSON. Held against what the command prints by a test. */
export interface Field {
  /** As `services[].name`: `[]` behind the name of a list, `.*` for the names of a map. */
  readonly path: string;
  readonly type: 'text' | 'number' | 'boolean' | 'time';
  readonly meaning: string;
  /** Whether it may be absent, and when. */
  readonly absent?: string;
}

/** The help of a command: what it does, an example that can be copied, and what to do next. */
export interface Lesson {
  readonly what: string;
  readonly examples: readonly string[];
  readonly next?: string;
}

export function lesson({ what, examples, next }: Lesson): string {
  const lines = [
    what,
    '',
    ...(examples.length === 1 ? ['Example:'] : ['Examples:']),
    ...examples.map((example) => `  ${example}`),
  ];
  return [...lines, ...(next === undefined ? [] : ['', `Next: ${next}`])].join('\n');
}
