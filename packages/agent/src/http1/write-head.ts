import { STATUS_CODES } from 'node:http';
import type { Fields } from '../http/fields.ts';
import { fieldName, KIND } from './field-name.ts';
import type { BodyFraming } from './framing.ts';
import { HttpFault } from './http-fault.ts';
import { isMethod, isPath } from './request-head.ts';

/** A request to be written. */
export interface RequestToWrite {
  readonly method: string;
  /** A path with its query, or `*` with OPTIONS. */
  readonly path: string;
  /** Names in lower case, and values, in turn; with `host`, and without what says where the body ends. */
  readonly fields: Fields;
  /** How the body ends; 0 where there is none. */
  readonly framing: BodyFraming;
}

/** A response to be written. */
export interface ResponseToWrite {
  readonly status: number;
  /** As those of a request. */
  readonly fields: Fields;
  /**
   * How the body ends. `close`: with the connection. `none`: there is none, and nothing is said of a length, as in an interim
   * response, or one that has no content.
   */
  readonly framing: BodyFraming | 'close' | 'none';
}

/**
 * The bytes of a request's head, in Latin-1.
 *
 * @throws HttpFault for whatever would not be read as it is meant: a writer is the last that can see it
 */
export function requestHeadText({ method, path, fields, framing }: RequestToWrite): string {
  const isTarget = isPath(path) || (path === '*' && method === 'OPTIONS');
  if (!isMethod(method) || method === 'CONNECT' || !isTarget)
    throw new HttpFault('block', `not a request: ${method.slice(0, 40)}`);
  const lines = fieldLines(fields);
  // Methods whose requests seldom have a body say no length without one (RFC 9110 section 8.6).
  if (framing === 0 && BODILESS.has(method)) return `${method} ${path} HTTP/1.1\r\n${lines}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${lines}${framingLine(framing)}\r\n`;
}

/** The bytes of a response's head, in Latin-1. @throws HttpFault */
export function responseHeadText({ status, fields, framing }: ResponseToWrite): string {
  if (!(status >= 100 && status <= 999 && Number.isInteger(status))) throw new HttpFault('block', `not a status: ${status}`);
  const framed = framing === 'close' || framing === 'none' ? '' : framingLine(framing);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fieldLines(fields)}${framed}\r\n`;
}

/** The lines of some fields, each with its end: of a head, or of trailers. @throws HttpFault */
export function fieldLines(fields: Fields): string {
  let lines = '';
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    const known = fieldName(name);
    if (known === undefined || known.name !== name || (known.kind & UNWRITTEN) !== 0 || !VALUE.test(value))
      throw new HttpFault('block', `not a field to be sent: ${name.slice(0, 100)}`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** What a writer says itself, and what nobody should say. */
const UNWRITTEN = KIND.contentLength | KIND.transferEncoding | KIND.disguised;

const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function framingLine(framing: BodyFraming): string {
  return framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : `content-length: ${framing}\r\n`;
}
