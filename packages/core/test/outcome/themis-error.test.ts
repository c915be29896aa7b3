import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, ThemisError, type ErrorEntry } from '@themis-mesh/core';

test('an error says its code, what was wrong, what to do and whether to try again', () => {
  const cause = new Error('EACCES');
  const error = new ThemisError('THEMIS_KEY_FILE_READABLE', '/k has mode 0644', { cause });
  assert.equal(error.code, 'THEMIS_KEY_FILE_READABLE');
  assert.equal(error.message, 'A file with secrets is open to other users: /k has mode 0644');
  assert.equal(error.remedy, ERRORS.THEMIS_KEY_FILE_READABLE.remedy);
  assert.equal(error.retryable, false);
  assert.equal(error.cause, cause);
  assert.equal(error.refusal, undefined);
  assert.ok(ThemisError.is(error, 'THEMIS_KEY_FILE_READABLE'));
  assert.ok(!ThemisError.is(error, 'THEMIS_LOCK_BUSY'));
  assert.ok(!ThemisError.is(cause));
});

test('a refusal stays with the error', () => {
  const refusal = { code: 'member-removed', detail: 'orders' } as const;
  const error = ThemisError.refused('THEMIS_PEER_REFUSED', refusal);
  assert.equal(error.refusal, refusal);
  assert.equal(error.message, 'The peer was refused: member-removed (orders)');
});

test('hostile text in a detail can neither forge nor flood a log', () => {
  const { message } = new ThemisError('THEMIS_FILE_MISSING', `a\nlevel=fatal \u202e${'x'.repeat(10_000)}`);
  assert.doesNotMatch(message, /[\n\u202e]/u);
  assert.ok(message.length < 400);
});

test('every row says something', () => {
  for (const [code, { summary, remedy }] of Object.entries<ErrorEntry>(ERRORS)) {
    assert.match(code, /^THEMIS_[A-Z_]+$/);
    assert.match(summary, /^[A-Z].*[^.]$/, code);
    assert.match(remedy, /\.$/, code);
  }
});
