import assert from 'node:assert/strict';
import type { Field } from '../src/index.ts';

type Leaf = readonly [path: string, value: unknown];

/** Each value in JSON that is no list and no map, with its path as the documentation writes it. */
export function leavesOf(value: unknown, fields: readonly Field[], path = ''): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, fields, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const isMap = fields.some((field) => field.path === `${path}.*`);
  return Object.entries(value).flatMap(([name, member]) => {
    const below = isMap ? '*' : name;
    return leavesOf(member, fields, path === '' ? below : `${path}.${below}`);
  });
}

/** Holds what a command printed against what is documented of it. @returns the paths that were seen */
export function checkFields(printed: unknown, fields: readonly Field[]): ReadonlySet<string> {
  const leaves = leavesOf(printed, fields);
  for (const [path, value] of leaves) {
    const field = fields.find((known) => known.path === path);
    assert.ok(field !== undefined, `${path} is not documented`);
    assert.ok(isOfType(value, field.type), `${path} is ${String(value)}, documented is ${field.type}`);
  }
  const seen = new Set(leaves.map(([path]) => path));
  const missing = fields.filter(({ path, absent }) => absent === undefined && !seen.has(path));
  assert.deepEqual(missing, [], 'documented, and not there');
  return seen;
}

function isOfType(value: unknown, type: Field['type']): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'time':
      return typeof value === 'string' && new Date(value).toISOString() === value;
  }
}
