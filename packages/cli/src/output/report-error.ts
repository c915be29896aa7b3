import { meaningOfRefusal, ThemisError } from '@themis-mesh/core';
import type { JsonValue } from './answer.ts';
import { jsonText } from './answer.ts';
import { escapeLines } from './escape.ts';
import type { Output } from './output.ts';

export interface ErrorForm {
  readonly json: boolean;
  /** Whether the place in the code is told too. */
  readonly debug: boolean;
}

/** How an error is told: for people in lines, for programs as one JSON object. Both go to the error stream. */
export function reportError(err: Output, error: unknown, { json, debug }: ErrorForm): void {
  const told = ThemisError.is(error) ? error : unexpected(error);
  err.lines(json ? [jsonText({ error: asJson(told) })] : asLines(told, err));
  const root = told.code === 'THEMIS_UNEXPECTED' ? error : told;
  if (debug && root instanceof Error) err.lines([escapeLines(stackOf(root))]);
}

function asLines({ code, message, remedy, refusal }: ThemisError, { paint }: Output): readonly string[] {
  const meaning = refusal === undefined ? undefined : meaningOfRefusal(refusal.code);
  return [
    `${paint.bad('error')} ${paint.bold(code)}`,
    `  ${message}`,
    ...(meaning === undefined ? [] : [`  ${paint.dim('reason')}  ${meaning}`]),
    ...remedy.split('\n').map((line, index) => `  ${paint.dim(index === 0 ? 'do' : '  ')}      ${line}`),
  ];
}

function asJson({ code, message, remedy, retryable, refusal }: ThemisError): JsonValue {
  return {
    code,
    message,
    remedy,
    retryable,
    ...(refusal === undefined
      ? {}
      : { refusal: { code: refusal.code, detail: refusal.detail, meaning: meaningOfRefusal(refusal.code) ?? '' } }),
  };
}

/** What nobody foresaw: its message is shown, because it may be all that the reader has to go by. */
function unexpected(error: unknown): ThemisError {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ThemisError('THEMIS_UNEXPECTED', detail, { cause: error });
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
