import type { Policy } from '@themis-mesh/core';
import type { Mistake } from '../up/mistake.ts';

/** In the place of a policy: what the charter says holds alone. A word, so that no file that was cut short says it. */
export const CHARTER_ALONE = 'charter';

export type FilePolicy = Policy | typeof CHARTER_ALONE;

/** A policy, or all that is wrong with the text. */
export type ParsedPolicy =
  { readonly ok: true; readonly policy: FilePolicy } | { readonly ok: false; readonly mistakes: readonly Mistake[] };
