import type { Fields } from '../http/fields.ts';
import { MOST_FIELDS } from '../http/request-fault.ts';
import { fieldName, KIND } from './field-name.ts';
import { HttpFault } from './http-fault.ts';

/** The fields of a head or of trailers, as they were sent but for the case of their names. */
export interface FieldSection {
  /** Names in lower case, and values, in turn. */
  readonly fields: Fields;
  /** The kind of each field, in order: see {@link KIND}. */
  readonly kinds: readonly number[];
  /** The bits of all kinds: what is not in it is in no field. */
  readonly seen: number;
}

export const NO_FIELDS: FieldSection = Object.freeze({ fields: Object.freeze([]), kinds: Object.freeze([]), seen: 0 });

/**
 * Whether a text consists of whole lines, each ended by CRLF, without a control character but the tab (RFC 9110 section 5.5,
 * RFC 9112 section 2.2).
 */
export function isWellLined(text: string): boolean {
  return WELL_LINED.test(text);
}

/** Which rule a text that is not well-lined breaks. */
export function liningFault(text: string): HttpFault {
  const at = text.search(BARE_LINE_END);
  const isControl = at === -1 || CONTROL.test(text.slice(0, at));
  return isControl
    ? new HttpFault('control-character', 'a control character in a head')
    : new HttpFault('bare-line-end', 'a line that ends in a bare CR or LF');
}

/**
 * Reads field lines (RFC 9112 section 5).
 *
 * @param text well-lined
 * @param start where the first of them begins
 * @throws HttpFault
 */
export function readFields(text: string, start: number): FieldSection {
  const fields: string[] = [];
  const kinds: number[] = [];
  let seen = 0;
  for (let at = start; at < text.length;) {
    const end = text.indexOf('\r', at);
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon > end) throw lineFault(text.slice(at, end));
    const field = fieldName(text.slice(at, colon));
    if (field === undefined) throw lineFault(text.slice(at, end));
    if ((field.kind & KIND.disguised) !== 0) throw new HttpFault('field-disguised', `${field.name} could be taken for another`);
    if (kinds.push(field.kind) > MOST_FIELDS) throw new HttpFault('fields-many', `more than ${MOST_FIELDS} fields`);
    seen |= field.kind;
    fields.push(field.name, trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return { fields, kinds, seen };
}

/** The first value of a kind of field; undefined where there is none. */
export function valueOfKind({ fields, kinds, seen }: FieldSection, kind: number): string | undefined {
  if ((seen & kind) === 0) return undefined;
  for (let index = 0; index < kinds.length; index += 1) if (((kinds[index] ?? 0) & kind) !== 0) return fields[2 * index + 1];
  return undefined;
}

export function countOfKind({ kinds, seen }: FieldSection, kind: number): number {
  if ((seen & kind) === 0) return 0;
  let count = 0;
  for (const own of kinds) if ((own & kind) !== 0) count += 1;
  return count;
}

/** The members of all fields of a kind, which are comma-separated lists, in lower case (RFC 9110 section 5.6.1). */
export function listOfKind({ fields, kinds, seen }: FieldSection, kind: number): readonly string[] {
  if ((seen & kind) === 0) return NONE;
  const members: string[] = [];
  for (const [index, own] of kinds.entries()) {
    if ((own & kind) === 0) continue;
    for (const member of (fields[2 * index + 1] ?? '').toLowerCase().split(',')) {
      const trim = member.trim();
      if (trim !== '') members.push(trim);
    }
  }
  return members;
}

// The lines of a text are matched in one way only, so that the time it takes grows with its length.
const WELL_LINED = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const BARE_LINE_END = /\r(?!\n)|(?<!\r)\n/;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

const NONE: readonly string[] = Object.freeze([]);

const SPACE = 0x20;
const TAB = 0x09;

/** Without the whitespace around it (RFC 9110 section 5.5). */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function lineFault(line: string): HttpFault {
  if (isBlank(line.charCodeAt(0))) return new HttpFault('line-folded', 'a line that goes on behind its end');
  const colon = line.indexOf(':');
  if (colon === -1) return new HttpFault('field-line', `a line without a colon: ${line.slice(0, 100)}`);
  if (isBlank(line.charCodeAt(colon - 1))) return new HttpFault('field-name-space', 'a space between a name and its colon');
  return new HttpFault('field-name', `not a name: ${line.slice(0, Math.min(colon, 100))}`);
}
