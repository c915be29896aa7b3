import type { CliContext } from '../context.ts';
import { escapeText } from './escape.ts';
import type { Paint } from './paint.ts';

/** What JSON output is made of. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What a command answers: for programs and for people. */
export interface Answer {
  readonly json: { readonly [name: string]: JsonValue };
  readonly text: (paint: Paint) => readonly string[];
  /** What to do now, for people who have just begun. Goes to the error stream, and only on a terminal. */
  readonly next?: readonly string[];
}

/** Prints an answer as it was asked for. */
export function printAnswer({ out, err }: CliContext, flags: { readonly json?: boolean | undefined }, answer: Answer): void {
  if (flags.json === true) {
    out.lines([jsonText(answer.json)]);
    return;
  }
  out.lines(answer.text(out.paint));
  if (answer.next !== undefined && err.isTerminal) err.lines(['', ...answer.next.map((line) => err.paint.dim(line))]);
}

/** Indented, with everything escaped that a terminal could take for a command. Still the same JSON. */
export function jsonText(value: JsonValue): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => escapeText(line))
    .join('\n');
}
