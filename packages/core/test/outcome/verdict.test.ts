import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { APP_REFUSALS } from '../../src/app/refusals.ts';
import { CERTIFICATE_REFUSALS } from '../../src/certificate/refusals.ts';
import { IDENTITY_REFUSALS } from '../../src/identity/refusals.ts';
import { printable, refuse } from '../../src/outcome/verdict.ts';
import { POLICY_REFUSALS } from '../../src/policy/refusals.ts';
import { RECORD_REFUSALS } from '../../src/record/refusals.ts';
import { STATEMENT_REFUSALS } from '../../src/statement/refusals.ts';
import { TRUST_REFUSALS } from '../../src/trust/refusals.ts';

test('a detail is bounded and holds nothing that could forge a line of a log', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const shown = printable(text);
      assert.ok(shown.length <= 300 && shown.isWellFormed());
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
  assert.equal(printable('a\nb\u202e\u2028\0'), 'a\\u000ab\\u202e\\u2028\\u0000');
  assert.ok(printable(`${'x'.repeat(298)}\u{1f600}\u{1f600}`).isWellFormed());
  assert.equal(refuse('history-empty', '\x1b[2J').refusal.detail, '\\u001b[2J');
});

test('a code of a refusal stands in one table only, and every code says something', () => {
  const tables = [
    APP_REFUSALS,
    CERTIFICATE_REFUSALS,
    IDENTITY_REFUSALS,
    POLICY_REFUSALS,
    RECORD_REFUSALS,
    STATEMENT_REFUSALS,
    TRUST_REFUSALS,
  ];
  const rows = tables.flatMap((table) => Object.entries<string>(table));
  assert.equal(new Set(rows.map(([code]) => code)).size, rows.length);
  assert.equal(new Set(rows.map(([, text]) => text)).size, rows.length);
  for (const [code, text] of rows) {
    assert.match(code, /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
    assert.match(text, /^[A-Z].*\.$/, code);
  }
});
