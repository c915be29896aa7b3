import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { perform, type VectorInput } from './vectors/operations.ts';

const FOLDER = new URL('../../../vectors/kad/', import.meta.url);

interface Case {
  readonly name: string;
  readonly operation: string;
  readonly input: VectorInput;
  readonly expected: unknown;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { readonly cases: readonly Case[] };
  for (const { name, operation, input, expected } of cases) {
    test(`${file}: ${name}`, () => {
      assert.deepEqual(perform(operation, input), expected);
    });
  }
}
