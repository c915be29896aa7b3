/** Something wrong in a configuration file, and where. */
export interface Mistake {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** The key, from the top: `services.orders.port`; empty for the file as a whole. */
  readonly path: string;
  /** What is wanted there. */
  readonly message: string;
}

/** More mistakes than anybody corrects at a time. */
const MOST_MISTAKES = 100;

/** As they stand in the file, and no more than anybody corrects at a time. */
export function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  return [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, MOST_MISTAKES);
}

/** In the form that editors and terminals make a link of. @param file as the user named it */
export function showMistake(file: string, { line, column, path, message }: Mistake): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}
