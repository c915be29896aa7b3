import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { referencePages } from '../reference/pages.ts';
import { ROOT } from '../root.ts';

for (const [name, text] of referencePages()) {
  test(`docs/reference/${name} is what the sources say (npm run docs:reference writes it)`, () => {
    assert.equal(readFileSync(join(ROOT, 'docs/reference', name), 'utf8'), text);
  });
}
