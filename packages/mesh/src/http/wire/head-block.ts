import { STATUS_CODES } from './node-http.ts';

/** A request's head, as it stands in a tunnel: names in lower case and values in turn. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, or what else a method takes for a target. */
  readonly path: string;
  readonly fields: string[];
}

export interface AnswerHead {
  readonly status: number;
  /** Empty where it is the usual one of the status. */
  readonly reason: string;
  readonly fields: string[];
}

/** The most bytes of a head. */
export const MAX_HEAD_BYTES = 65_000;

/** The most fields that a head has: as many as Node reads. */
export const MAX_FIELDS = 2000;

/** A token (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What no value holds: controls but the tab, and what is no single byte (RFC 9110 section 5.5). */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** What no block holds: the same, and the line feed that parts its lines. */
const NO_BLOCK = /[^\t\n\x20-\x7e\x80-\xff]/;

const NO_TARGET = /[^\x21-\x7e]/;

/** What is said of one connection, and what frames say in its place: no field of a head in a tunnel (RFC 9113 section 8.2.2). */
const OF_A_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Names that were found good, as they are written, with their form in lower case. Bounded, because peers make up names. */
const GOOD_NAMES = new Map<string, string>();
const MOST_NAMES = 1000;

/**
 * The block of a request.
 *
 * @param fields names in any case and values in turn. @throws TypeError for what HTTP cannot carry
 */
export function encodeRequestHead(method: string, path: string, fields: readonly string[]): string {
  if (goodName(method) === undefined) throw invalid('the method is no token');
  if (path === '' || NO_TARGET.test(path)) throw invalid('the path holds a sign that has no place in it');
  return `${method}\n${path}${encodeFields(fields)}`;
}

/** The block of an answer. @param reason left out where it is the usual one. @throws TypeError for what HTTP cannot carry */
export function encodeAnswerHead(status: number, fields: readonly string[], reason = ''): string {
  const isUsual = reason === '' || reason === STATUS_CODES[status];
  if (!isUsual && NO_VALUE.test(reason)) throw invalid('the reason holds a sign that has no place in it');
  return (isUsual ? status.toString() : `${status} ${reason}`) + encodeFields(fields);
}

/** The block of the fields after a body. @throws TypeError for what HTTP cannot carry */
export function encodeTrailers(fields: readonly string[]): string {
  return encodeFields(fields).slice(1);
}

/** @returns undefined for what is no head of a request */
export function decodeRequestHead(block: string): RequestHead | undefined {
  const lines = linesOf(block);
  if (lines === undefined || lines.length % 2 !== 0) return undefined;
  const [method = '', path = ''] = lines;
  if (goodName(method) === undefined || path === '' || NO_TARGET.test(path)) return undefined;
  lines.splice(0, 2);
  return areFields(lines) ? { method, path, fields: lines } : undefined;
}

/** @returns undefined for what is no head of an answer */
export function decodeAnswerHead(block: string): AnswerHead | undefined {
  const lines = linesOf(block);
  const first = lines?.shift() ?? '';
  if (lines === undefined || !/^[1-9]\d\d(?: |$)/.test(first) || !areFields(lines)) return undefined;
  return { status: Number(first.slice(0, 3)), reason: first.slice(4), fields: lines };
}

/** @returns undefined for what are no fields */
export function decodeTrailers(block: string): string[] | undefined {
  if (block === '') return [];
  const lines = linesOf(block);
  return lines !== undefined && areFields(lines) ? lines : undefined;
}

function encodeFields(fields: readonly string[]): string {
  let block = '';
  if (fields.length > MAX_FIELDS * 2) throw invalid(`more than ${MAX_FIELDS} fields`);
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = goodName(fields[index] ?? '');
    const value = fields[index + 1] ?? '';
    if (name === undefined) throw invalid('the name of a field is no token');
    if (NO_VALUE.test(value)) throw invalid(`the value of ${name} holds a sign that has no place in it`);
    block += `\n${name}\n${value}`;
  }
  if (block.length > MAX_HEAD_BYTES) throw invalid(`a head of more than ${MAX_HEAD_BYTES} bytes`);
  return block;
}

function linesOf(block: string): string[] | undefined {
  return block.length > MAX_HEAD_BYTES || NO_BLOCK.test(block) ? undefined : block.split('\n');
}

function areFields(lines: readonly string[]): boolean {
  if (lines.length % 2 !== 0 || lines.length > MAX_FIELDS * 2) return false;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index] ?? '';
    if (goodName(name) !== name || OF_A_CONNECTION.has(name)) return false;
  }
  return true;
}

/** @returns the name in lower case; undefined for what is no token */
function goodName(name: string): string | undefined {
  const known = GOOD_NAMES.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name) || name.length > 256) return undefined;
  if (GOOD_NAMES.size >= MOST_NAMES) GOOD_NAMES.clear();
  const lower = name.toLowerCase();
  GOOD_NAMES.set(name, lower);
  return lower;
}

function invalid(what: string): TypeError {
  return new TypeError(what);
}
