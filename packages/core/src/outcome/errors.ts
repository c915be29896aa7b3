import { APP_ERRORS } from './errors/apps.ts';
import { CALL_ERRORS } from './errors/calls.ts';
import { ENDING_ERRORS } from './errors/endings.ts';
import { FILE_ERRORS } from './errors/files.ts';
import { HOME_ERRORS } from './errors/home.ts';
import { KEY_ERRORS } from './errors/keys.ts';
import { PROGRAM_ERRORS } from './errors/programs.ts';

/**
 * What goes wrong for the person or program that uses Themis, as opposed to why a peer or a statement is refused
 * (those are the refusals). Codes are stable; `docs/reference/errors.md` is held against this table.
 *
 * `retryable`: the same call may succeed later with nothing changed by the user.
 */
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = {
  ...HOME_ERRORS,
  ...FILE_ERRORS,
  ...KEY_ERRORS,
  ...APP_ERRORS,
  ...CALL_ERRORS,
  ...PROGRAM_ERRORS,
  ...ENDING_ERRORS,
};

export interface ErrorEntry {
  /** What is wrong, without a full stop: the detail follows it. */
  readonly summary: string;
  /** What the reader should do. */
  readonly remedy: string;
  readonly retryable: boolean;
}

export type ErrorCode =
  | keyof typeof HOME_ERRORS
  | keyof typeof FILE_ERRORS
  | keyof typeof KEY_ERRORS
  | keyof typeof APP_ERRORS
  | keyof typeof CALL_ERRORS
  | keyof typeof PROGRAM_ERRORS
  | keyof typeof ENDING_ERRORS;
