import assert from 'node:assert/strict';
import { ThemisError, type ErrorCode, type RefusalCode } from '@themis-mesh/core';

/** Asserts that something fails with an error of that code, and for that refusal where one is given. */
export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode, refusal?: RefusalCode): Promise<ThemisError> {
  const error = await promise.then(
    () => assert.fail(`expected ${code}, it went well`),
    (reason: unknown) => reason,
  );
  assert.ok(ThemisError.is(error), `expected ${code}, not ${String(error)}`);
  assert.equal(error.code, code, error.message);
  if (refusal !== undefined) assert.equal(error.refusal?.code, refusal, error.message);
  return error;
}

/** Asserts that something throws an error of that code at once. */
export function throwsWith(run: () => unknown, code: ErrorCode): ThemisError {
  try {
    run();
  } catch (error) {
    assert.ok(ThemisError.is(error, code), `expected ${code}, not ${String(error)}`);
    return error;
  }
  return assert.fail(`expected ${code}, it went well`);
}
