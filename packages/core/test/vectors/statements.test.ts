import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { OPERATIONS, vectorFileShape, type Case, type VectorFile } from './operations.ts';

const FOLDER = join(import.meta.dirname, '../../../../vectors/statements');

function readFile(name: string): VectorFile {
  return vectorFileShape(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Json, '');
}

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.json'))) {
  const { cases, contexts } = readFile(name);
  const valid = new Set(cases.filter(({ expected }) => expected.accepted !== undefined).map((entry) => entry.name));

  test(`${name}: every case has a name of its own, and an invalid one the valid one it differs from`, () => {
    assert.equal(new Set(cases.map((entry) => entry.name)).size, cases.length);
    for (const { name: of, from, context, expected } of cases) {
      assert.ok(context === undefined || contexts?.has(context) === true, of);
      assert.notEqual(expected.accepted === undefined, expected.refused === undefined, of);
      assert.ok(
        expected.refused === undefined ? from === undefined : from !== undefined && valid.has(from),
        `${of} from ${from}`,
      );
    }
  });

  test(`${name}: ${cases.length} cases`, () => {
    const wrong = cases.flatMap((entry) => disagreement(entry, contexts?.get(entry.context ?? '')));
    assert.deepEqual(wrong, []);
  });
}

function disagreement(
  { name, operation, input, expected }: Case,
  context: ReadonlyMap<string, Json> = new Map(),
): readonly string[] {
  const verdict = OPERATIONS[operation]?.(Object.fromEntries([...context, ...input]));
  const seen = verdict?.ok === true ? { accepted: verdict.value } : { refused: verdict?.refusal.code };
  try {
    assert.deepEqual(seen, expected);
    return [];
  } catch {
    return [`${name}: ${JSON.stringify(seen)}, wanted ${JSON.stringify(expected)}`];
  }
}
