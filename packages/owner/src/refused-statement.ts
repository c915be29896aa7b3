import { refuse, ThemisError, type RefusalCode } from '@themis-mesh/core';

/** A request, an admission or a history that is not believed, and why. */
export function refusedStatement(code: RefusalCode, detail: string): ThemisError {
  return ThemisError.refused('THEMIS_STATEMENT_REFUSED', refuse(code, detail).refusal);
}
