/** A step from the top: the name of a key, or a place in a list. */
export type Step = string | number;

/** Something wrong in a value, and where. */
export interface TrafficMistake {
  readonly path: readonly Step[];
  /** Whether it is the last step itself, a key that should not be there, rather than its value. */
  readonly isKey: boolean;
  /** What is wanted there. */
  readonly message: string;
}

/** Says what is wrong with a value, and with all parts of it. */
export type Check = (value: unknown, path: readonly Step[], mistakes: TrafficMistake[]) => void;

/** A value by itself. */
export function leaf(isGood: (value: unknown) => boolean, wanted: string): Check {
  return (value, path, mistakes) => {
    if (!isGood(value)) mistakes.push({ path, isKey: false, message: wanted });
  };
}

export function whole(least: number, most: number, unit = 'a whole number'): Check {
  const isGood = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
  return leaf(isGood, `${unit}, from ${least} to ${most}`);
}

export function word(pattern: RegExp, wanted: string): Check {
  return leaf((value) => typeof value === 'string' && pattern.test(value), wanted);
}

export function list(item: Check, most: number): Check {
  return (value, path, mistakes) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > most) {
      mistakes.push({ path, isKey: false, message: `a list of 1 to ${most}` });
      return;
    }
    for (const [index, each] of value.entries()) item(each, [...path, index], mistakes);
  };
}

export interface MapOptions {
  readonly required?: readonly string[];
  /** What the keys mean together. @returns what is wrong */
  readonly together?: (given: Readonly<Record<string, unknown>>) => string | undefined;
}

/** A map with these keys and no others. */
export function map(checks: Readonly<Record<string, Check>>, { required = [], together }: MapOptions = {}): Check {
  const known = new Map(Object.entries(checks));
  return (value, path, mistakes) => {
    if (!isMap(value)) {
      mistakes.push({ path, isKey: false, message: `a map with ${[...known.keys()].join(', ')}` });
      return;
    }
    const before = mistakes.length;
    for (const [key, each] of Object.entries(value)) {
      const check = known.get(key);
      if (check === undefined) mistakes.push({ path: [...path, key], isKey: true, message: 'no such key' });
      else check(each, [...path, key], mistakes);
    }
    for (const key of required)
      if (!Object.hasOwn(value, key)) mistakes.push({ path, isKey: false, message: `${key} is missing` });
    const wrong = mistakes.length === before ? together?.(value) : undefined;
    if (wrong !== undefined) mistakes.push({ path, isKey: false, message: wrong });
  };
}

/** A map from names that we do not know to values of one kind. */
export function mapOf(isName: (key: string) => boolean, wanted: string, item: Check, most: number): Check {
  return (value, path, mistakes) => {
    if (!isMap(value) || Object.keys(value).length > most) {
      mistakes.push({ path, isKey: false, message: `a map of at most ${most}` });
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      if (isName(key)) item(each, [...path, key], mistakes);
      else mistakes.push({ path: [...path, key], isKey: true, message: wanted });
    }
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
