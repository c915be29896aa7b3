import type { Json } from '../encoding/canonical-json.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';
import { POLICY_FIELDS, policyShape, type Policy } from './policy.ts';
import { MAX_RULES, RULE_FIELDS, ruleShape } from './rule.ts';

/** Something wrong in a policy that a user wrote, and where. */
export interface PolicyMistake {
  /** The names of keys and places in lists, from the top. */
  readonly path: readonly (string | number)[];
  /** What is wanted there. */
  readonly message: string;
}

export type PolicyReading =
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly mistakes: readonly PolicyMistake[] };

/**
 * Reads a policy as users write it, in JSON, YAML or a program, where all parts may be left out. What is left out loosens
 * nothing: without `default` it is `deny-all`, so that an empty policy lets nobody in. All mistakes are told together.
 *
 * @param value anything: what a parser made of a text, or what a program handed over
 */
export function readPolicyOptions(value: unknown): PolicyReading {
  const mistakes: PolicyMistake[] = [];
  if (!isMap(value)) return { ok: false, mistakes: [{ path: [], message: 'a map with default, allow, rules, mode, tolerate' }] };
  const { rules, ...others } = value;
  checkFields(others, POLICY_FIELDS, [], mistakes);
  if (rules !== undefined) checkRules(rules, mistakes);
  if (mistakes.length > 0) return { ok: false, mistakes };
  const cleaned = withoutUndefined(value);
  const whole = Array.isArray(rules) ? { ...cleaned, rules: rules.map((rule: Map) => withoutUndefined(rule)) } : cleaned;
  // Every part was looked at, so that the compiler's Json is what it is.
  return { ok: true, policy: policyShape({ default: 'deny-all', allow: [], ...whole }, '') };
}

type Path = readonly (string | number)[];

function checkRules(rules: unknown, mistakes: PolicyMistake[]): void {
  if (!Array.isArray(rules) || rules.length > MAX_RULES) {
    mistakes.push({ path: ['rules'], message: `a list of at most ${MAX_RULES} rules` });
    return;
  }
  const names = new Set<unknown>();
  for (const [index, rule] of rules.entries()) {
    checkRule(rule, ['rules', index], mistakes);
    const name: unknown = isMap(rule) ? rule['name'] : undefined;
    if (names.has(name) && name !== undefined)
      mistakes.push({ path: ['rules', index, 'name'], message: 'another than that of a rule above' });
    names.add(name);
  }
}

function checkRule(rule: unknown, path: Path, mistakes: PolicyMistake[]): void {
  if (!isMap(rule)) {
    mistakes.push({ path, message: 'a map with name, action and conditions' });
    return;
  }
  const before = mistakes.length;
  for (const key of ['name', 'action'] as const) {
    if (rule[key] === undefined) mistakes.push({ path: [...path, key], message: 'present: every rule has one' });
  }
  checkFields(rule, RULE_FIELDS, path, mistakes);
  // What its parts say together.
  if (mistakes.length === before) check(withoutUndefined(rule), ruleShape, path, mistakes);
}

function checkFields(map: Map, fields: Readonly<Record<string, Shape<unknown>>>, path: Path, mistakes: PolicyMistake[]): void {
  for (const [key, value] of Object.entries(map)) {
    const shape = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (shape === undefined) mistakes.push({ path: [...path, key], message: NO_SUCH_KEY });
    else if (value !== undefined) checkParts(value, shape, [...path, key], mistakes);
  }
}

/** How a mistake about a key, rather than about its value, is told. */
export const NO_SUCH_KEY = 'no such key';

/** A list, and a map, entry by entry: each may be wrong by itself. */
function checkParts(value: unknown, shape: Shape<unknown>, path: Path, mistakes: PolicyMistake[]): void {
  const before = mistakes.length;
  if (Array.isArray(value)) for (const [index, entry] of value.entries()) check([entry], shape, path, mistakes, [index]);
  if (isMap(value)) for (const [key, entry] of Object.entries(value)) check({ [key]: entry }, shape, path, mistakes, [key]);
  if (mistakes.length === before) check(value, shape, path, mistakes);
}

function check(value: unknown, shape: Shape<unknown>, path: Path, mistakes: PolicyMistake[], inside: Path = []): void {
  try {
    // Shapes look at every value that they are given, of whatever type.
    shape(value as Json, '');
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    mistakes.push({ path: [...path, ...(inside.length > 0 ? inside : stepOf(error.path))], message: error.wanted });
  }
}

/** The name of a part that two parts are held against; what is deeper was looked at before. */
function stepOf(path: string): Path {
  return /^[a-z]+$/.test(path) ? [path] : [];
}

type Map = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUndefined(map: Map): Map {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}
