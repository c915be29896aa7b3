import { UsageError } from '../../scripts/usage-error.ts';

/** `--nodes 50` among the words of a command line. @throws UsageError where it is no such number */
export function numberOf(words: readonly string[], name: string, otherwise: number): number {
  const at = words.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(words[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`--${name}: ${words[at + 1] ?? 'nothing'} is no number from 1 on`);
  return value;
}
