import type { Refusal, RefusalCode } from './refusals.ts';

/** What a verification says: the value, now believed, or the one reason why it is not. */
export type Verdict<T> = Accepted<T> | Refused;

export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export function accept<T>(value: T): Accepted<T> {
  return { ok: true, value };
}

/**
 * @param detail what was seen and what was wanted, for a log; never a secret, never more than 200 characters of input.
 */
export function refuse(code: RefusalCode, detail: string): Refused {
  return { ok: false, refusal: { code, detail: printable(detail) } };
}

/** Control characters escaped and the length bounded, so that hostile input can neither forge nor flood a log. */
export function printable(text: string): string {
  const escaped = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeCharacter);
  return escaped.length <= 300 ? escaped : `${escaped.slice(0, 299).toWellFormed()}…`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
