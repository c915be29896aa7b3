import { UsageError } from '../../scripts/usage-error.ts';

export const PART_NAMES = ['tcp', 'http', 'open', 'bulk', 'connections', 'in-process'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** What the words of the command line ask for. */
export interface PeersOptions {
  /** Which parts are measured. */
  readonly only: readonly PartName[];
  /** Parts of names of native pairs; empty for all. Ours and the direct way always run. */
  readonly contenders: readonly string[];
  /** Releases of Node.js for our side; empty for the usual two. */
  readonly nodes: readonly string[];
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
  readonly bulkMebibytes: number;
  /** Whether peers that are there are fetched again. */
  readonly install: boolean;
  /** Whether docs/benchmarks is written. */
  readonly report: boolean;
}

const USAGE =
  '[--quick] [--only PART,…] [--contenders NAME,…] [--node PATH]… [--rounds N] [--seconds N] [--install] [--report]; ' +
  `parts: ${PART_NAMES.join(', ')}`;

/** @throws UsageError */
export function readOptions(words: readonly string[]): PeersOptions {
  const given = new Map<string, string[]>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const takesValue = ['--only', '--contenders', '--node', '--rounds', '--seconds'].includes(word);
    if (!takesValue && !['--quick', '--install', '--report'].includes(word)) throw new UsageError(USAGE);
    const value = takesValue ? words[++index] : '';
    if (value === undefined) throw new UsageError(USAGE);
    given.set(word, [...(given.get(word) ?? []), value]);
  }
  const list = (word: string): readonly string[] => (given.get(word) ?? []).flatMap((value) => value.split(','));
  const count = (word: string, otherwise: number): number => {
    const value = Number(given.get(word)?.at(-1) ?? otherwise);
    if (!Number.isInteger(value) || value < 1) throw new UsageError(`${word} takes a whole number from 1 on`);
    return value;
  };
  const only = list('--only');
  const unknown = only.filter((name) => !isPart(name));
  if (unknown.length > 0) throw new UsageError(`there is no part ${unknown.join(', ')}; ${USAGE}`);
  const quick = given.has('--quick');
  return {
    only: only.length === 0 ? PART_NAMES : only.filter(isPart),
    contenders: list('--contenders').map((name) => name.toLowerCase()),
    nodes: given.get('--node') ?? [],
    rounds: count('--rounds', quick ? 2 : 9),
    seconds: count('--seconds', quick ? 1 : 2),
    bulkMebibytes: quick ? 256 : 1024,
    install: given.has('--install'),
    report: given.has('--report'),
  };
}

function isPart(name: string): name is PartName {
  return PART_NAMES.some((part) => part === name);
}
