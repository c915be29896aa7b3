import { refuse, type Verdict } from '../outcome/verdict.ts';
import type { HeaderCondition, Rule, RuleAction } from './rule.ts';

/** All values of each header that policies name, in order. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

export const NO_HEADERS: HeaderValues = new Map();

/** The headers that rules name, as they are read out of requests. */
export class NamedHeaders {
  /** Whether values of the header are looked at, so that it must come once. */
  readonly #isByValue: ReadonlyMap<string, boolean>;
  /** Bit n: a name of n characters is worth a look. None is longer than 64; the longer ones share bits. */
  readonly #lengths: number;

  /** @param rules those whose word counts: what is in audit mode refuses nothing */
  constructor(rules: readonly Rule[], others: readonly Rule[] = []) {
    const conditions = rules.flatMap(({ headers }) => [...(headers ?? [])]);
    const byValue = new Set(conditions.filter(([, condition]) => typeof condition !== 'boolean').map(([name]) => name));
    const all = [...conditions, ...others.flatMap(({ headers }) => [...(headers ?? [])])].map(([name]) => name);
    this.#isByValue = new Map(all.map((name) => [name, byValue.has(name)]));
    this.#lengths = [CONNECTION, ...all].reduce((bits, name) => bits | lengthBit(name), 0);
  }

  get isEmpty(): boolean {
    return this.#isByValue.size === 0;
  }

  /**
   * @param headers names and values in turn, as they came
   * @returns refused: one that must come once comes more often, comes in a spelling that programs behind CGI and its kin take
   * for it, or is named by `Connection`, so that the next hop does not see it
   */
  read(headers: readonly string[]): Verdict<HeaderValues> {
    const values = new Map<string, string[]>();
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const spelling = headers[index] ?? '';
      if ((this.#lengths & lengthBit(spelling)) === 0) continue;
      const name = spelling.toLowerCase();
      const value = headers[index + 1] ?? '';
      if (this.#isByValue.has(name)) {
        const before = values.get(name);
        if (before === undefined) values.set(name, [value]);
        else before.push(value);
      } else if (name === CONNECTION) {
        const dropped = value
          .toLowerCase()
          .split(',')
          .find((option) => this.#isNamed(option.trim()));
        if (dropped !== undefined) return refuse('policy-header-ambiguous', `Connection names ${dropped.trim()}`);
      } else if (this.#isNamed(name)) {
        return refuse('policy-header-ambiguous', `${name} could be taken for ${foldName(name)}`);
      }
    }
    for (const [name, all] of values) {
      if (all.length > 1 && this.#isByValue.get(name) === true)
        return refuse('policy-header-ambiguous', `${name} comes more than once`);
    }
    return { ok: true, value: values };
  }

  #isNamed(name: string): boolean {
    return this.#isByValue.has(foldName(name));
  }
}

/**
 * Whether headers meet the condition of a rule. A rule that allows wants every value to be one of those named; one that denies
 * is met by any of them, also as a member of a list with commas, so that neither is talked round by a second value.
 */
export function meetsHeaderCondition(condition: HeaderCondition, values: readonly string[], action: RuleAction): boolean {
  if (typeof condition === 'boolean') return values.length > 0 === condition;
  if (action === 'allow') return values.length > 0 && values.every((value) => condition.includes(value));
  return values.some((value) => condition.includes(value) || value.split(',').some((part) => condition.includes(part.trim())));
}

const CONNECTION = 'connection';

function lengthBit(name: string): number {
  return 1 << (name.length & 31);
}

/** A name as programs see it that fold case, and take every sign but letters and digits for one. */
function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
