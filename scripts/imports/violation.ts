export type ImportRule =
  'layer' | 'deep-import' | 'undeclared' | 'reference' | 'builtin' | 'missing-file' | 'cycle' | 'empty-name';

export interface Violation {
  readonly rule: ImportRule;
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  readonly line?: number;
  readonly detail: string;
}

export function describeViolation({ rule, file, line, detail }: Violation): string {
  return `${file}${line === undefined ? '' : `:${String(line)}`}  ${rule}  ${detail}`;
}
