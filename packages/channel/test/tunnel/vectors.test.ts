import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HEAR_CASES, READ_CASES } from './vectors/cases.ts';
import { hear, readFrames, type Hearing, type Outcome } from './vectors/operations.ts';

interface Vectors<Input> {
  readonly cases: readonly { readonly name: string; readonly input: Input; readonly expected: Outcome }[];
}

function read<Input>(file: string): Vectors<Input> {
  return JSON.parse(readFileSync(new URL(`../../../../vectors/tunnel/${file}`, import.meta.url), 'utf8')) as Vectors<Input>;
}

/** Bytes come whole, and one by one. */
const SLICES = [Infinity, 1];

test('the bytes of vectors/tunnel/frames.json are the frames that stand there', () => {
  const { cases } = read<{ readonly bytes: string }>('frames.json');
  for (const { name, input, expected } of cases) {
    for (const slice of SLICES) assert.deepEqual(readFrames(Buffer.from(input.bytes, 'base64url'), slice), expected, name);
  }
  assert.deepEqual(
    cases.map(({ name, input }) => [name, input.bytes]),
    READ_CASES.map(({ name, bytes }) => [name, bytes.toString('base64url')]),
  );
});

test('what one end sends is to the other what stands in vectors/tunnel/rules.json', async () => {
  const { cases } = read<Omit<Hearing, 'bytes'> & { readonly bytes: string }>('rules.json');
  for (const { name, input, expected } of cases) {
    const bytes = Buffer.from(input.bytes, 'base64url');
    for (const slice of SLICES)
      assert.deepEqual(await hear({ ...input, bytes }, slice), expected, `${name} in slices of ${slice}`);
  }
  assert.deepEqual(
    cases.map(({ name, input }) => [name, input.bytes]),
    HEAR_CASES.map(({ name, bytes }) => [name, bytes.toString('base64url')]),
  );
});
