import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { STATEMENT_KINDS } from '../../src/statement/kinds.ts';
import { claimsOf } from '../builders/forge.ts';
import { rotated, retired } from '../builders/identities.ts';
import { oneOfEach } from '../builders/statements.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/reference/statements.md'), 'utf8');

test('the reference gives the typ and the size of every kind', () => {
  const rows = [...PAGE.matchAll(/^\| [a-z ]+ \| `(themis-[a-z]+\+jwt)` \| ([0-9,]+) \|/gm)];
  const written = rows.map(([, typ, bytes]) => ({ typ, maxBytes: Number(bytes?.replaceAll(',', '')) }));
  assert.deepEqual(written, Object.values(STATEMENT_KINDS));
});

test('the reference names every field of every kind', async () => {
  const { identity, wires } = await oneOfEach();
  const after = await rotated(identity);
  const pages: Readonly<Record<string, readonly Uint8Array[]>> = {
    Event: [wires.event, after.history.last.bytes, (await retired(after)).history.last.bytes],
    Charter: [wires.charter],
    Membership: [wires.membership],
    Head: [wires.head],
    'Service record': [wires.service],
    'Instance record': [wires.instance],
    'Join request': [wires.join],
  };
  for (const [title, statements] of Object.entries(pages)) {
    const section = PAGE.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no section ${title}`);
    for (const field of statements.flatMap((wire) => Object.keys(claimsOf(wire)))) {
      assert.ok(section.includes(`\`${field}\``) || section.includes(`\`${field}.`), `${title}: ${field}`);
    }
  }
});
