import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { APP_REFUSALS } from '../../src/app/refusals.ts';
import { IDENTITY_REFUSALS } from '../../src/identity/refusals.ts';
import type { RefusalCode } from '../../src/outcome/refusals.ts';
import { POLICY_REFUSALS } from '../../src/policy/refusals.ts';
import { RECORD_REFUSALS } from '../../src/record/refusals.ts';
import { STATEMENT_REFUSALS } from '../../src/statement/refusals.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const FOLDERS = ['app', 'certificate', 'identity', 'policy', 'record', 'statement', 'trust'];
const ALL = { ...APP_REFUSALS, ...IDENTITY_REFUSALS, ...POLICY_REFUSALS, ...RECORD_REFUSALS, ...STATEMENT_REFUSALS };

/** Codes that no function of this package produces, and who will or does. A code leaves this list when core produces it. */
const NOT_OF_CORE: Partial<Record<RefusalCode, string>> = {
  'charter-min-lowered':
    'nextCharter throws instead; a verifier that refused the charter would be held up by a thief who raised min',
  'join-request-future': 'for the owner, who admits',
  'join-request-old': 'for the owner, who admits',
  'join-request-other-app': 'for the owner, who admits',
  'member-name': 'the channel says it to who dialled a name',
  'member-no-node': 'for who asks a node',
  'membership-missing': 'believeMember says member-unknown, with a membership or without',
  'name-unknown': 'for who looks a name up',
  'record-address': 'for who dials: the shape of an address is refused as statement-shape',
  'record-forked': 'the directory says it: compareRecords gives an order',
  'record-other-app': 'the directory says it',
  'record-quota': 'the directory says it',
  'record-rolled-back': 'the directory says it: compareRecords gives an order',
};

/** The codes that vectors are refused with. */
function inVectors(): ReadonlySet<string> {
  const folder = join(ROOT, 'vectors/statements');
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/"refused": "([a-z0-9-]+)"/g)].map(([, code]) => code ?? '')));
}

/** The codes that tests of these folders name. */
function inTests(): ReadonlySet<string> {
  const files = FOLDERS.flatMap((folder) => {
    const path = join(import.meta.dirname, '..', folder);
    return readdirSync(path)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(path, name));
  });
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/['/]([a-z]+(?:-[a-z0-9]+)*)\b/g)].map(([, code]) => code ?? ''),
    ),
  );
}

/** The codes that a function refuses with. */
function inSource(): ReadonlySet<string> {
  const path = join(import.meta.dirname, '../../src');
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('refusals.ts'),
  );
  const produced = /(?:refuse\(|demand\([^;]*|because: [^;]*|defect\()'([a-z]+(?:-[a-z0-9]+)+)'/g;
  return new Set(
    files.flatMap((file) => [...readFileSync(join(path, file), 'utf8').matchAll(produced)].map(([, code]) => code ?? '')),
  );
}

test('every code is one that a case is refused with, or stands in the list of those that core does not produce', () => {
  const [vectors, tests] = [inVectors(), inTests()];
  const missing = Object.keys(ALL).filter((code) => !vectors.has(code) && !tests.has(code) && !(code in NOT_OF_CORE));
  assert.deepEqual(missing, []);
});

test('the list of codes that core does not produce shrinks when it does', () => {
  const [vectors, source] = [inVectors(), inSource()];
  for (const code of Object.keys(NOT_OF_CORE)) {
    assert.ok(code in ALL, `${code} is in a table`);
    assert.ok(!vectors.has(code) && !source.has(code), `${code} is produced by core`);
  }
});
