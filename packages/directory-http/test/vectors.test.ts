import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CASES } from './vectors/cases.ts';
import { read } from './vectors/operations.ts';

interface Vector {
  readonly name: string;
  readonly operation: string;
  readonly input: { readonly message: string; readonly text: string };
  readonly expected: string;
}

const FILE = new URL('../../../vectors/directory-http/messages.json', import.meta.url);

test('each message of the vectors is accepted or refused as they say', () => {
  const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { cases: readonly Vector[] };
  assert.deepEqual(
    cases.map(({ name, input }) => [name, input.text]),
    CASES.map(({ name, text }) => [name, text]),
    'npm run vectors writes the file anew',
  );
  for (const { name, operation, input, expected } of cases) {
    assert.equal(operation, 'read-message');
    assert.equal(read(input.message, input.text), expected, name);
  }
  assert.ok(cases.some(({ expected }) => expected === 'refused'));
});
