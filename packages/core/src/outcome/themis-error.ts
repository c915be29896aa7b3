import { ERRORS, type ErrorCode } from './errors.ts';
import type { Refusal } from './refusals.ts';
import { printable } from './verdict.ts';

/** The one error class: everything that a user of Themis can cause or meet. What it means is told by its `code`. */
export class ThemisError extends Error {
  override readonly name = 'ThemisError';
  readonly code: ErrorCode;
  /** What the reader should do. */
  readonly remedy: string;
  /** Whether the same call may succeed later with nothing changed by the user. */
  readonly retryable: boolean;
  /** Why a peer, a statement or a record was not believed, where that is the reason. */
  readonly refusal: Refusal | undefined;

  /** @param detail what was seen and what was wanted: never a secret; made printable and bounded here. */
  constructor(code: ErrorCode, detail: string, options: ThemisErrorOptions = {}) {
    const { summary, remedy, retryable } = ERRORS[code];
    super(`${summary}: ${printable(detail)}`, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.remedy = remedy;
    this.retryable = retryable;
    this.refusal = options.refusal;
  }

  /** An error whose reason is a refusal. */
  static refused(code: ErrorCode, refusal: Refusal): ThemisError {
    return new ThemisError(code, `${refusal.code} (${refusal.detail})`, { refusal });
  }

  /** Whether something thrown is a ThemisError, and of that code where one is given. */
  static is(error: unknown, code?: ErrorCode): error is ThemisError {
    return error instanceof ThemisError && (code === undefined || error.code === code);
  }
}

export interface ThemisErrorOptions {
  readonly cause?: unknown;
  readonly refusal?: Refusal;
}
