import type { Fields } from '../http/fields.ts';
import { fieldName, KIND } from './field-name.ts';
import { countOfKind, valueOfKind, type FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { MAX_HEAD_FIELDS } from './limits.ts';
import { isHost, isMethod, isPath } from './request-head.ts';

/** The head of a request as it goes through a tunnel. */
export interface RequestBlock extends FieldSection {
  readonly method: string;
  /** A path with its query, or `*` with OPTIONS. */
  readonly path: string;
  /** What the sender says of its body; undefined where it says nothing. */
  readonly length: number | undefined;
}

/** The head of an answer as it goes through a tunnel. */
export interface ResponseBlock extends FieldSection {
  readonly status: number;
  readonly length: number | undefined;
}

/**
 * A request's head in the form of a tunnel: its method, its path, then names and values, each behind a line feed.
 *
 * @param fields without any of a connection: see `onwardFields`
 */
export function requestBlock(method: string, path: string, fields: Fields): string {
  return fields.length === 0 ? `${method}\n${path}` : `${method}\n${path}\n${fields.join('\n')}`;
}

/** An answer's head in the form of a tunnel: its status, then names and values. */
export function responseBlock(status: number, fields: Fields): string {
  return fields.length === 0 ? String(status) : `${status}\n${fields.join('\n')}`;
}

/** Trailers in the form of a tunnel: names and values. */
export function trailerBlock(trailers: Fields): string {
  return trailers.join('\n');
}

/** Reads what a peer sent as the head of a request: as strictly as if it had come as HTTP/1.1. @throws HttpFault */
export function readRequestBlock(block: string): RequestBlock {
  const parts = partsOf(block);
  const [method = '', path = ''] = parts;
  if (!isMethod(method) || method === 'CONNECT')
    throw new HttpFault('method', `not a method to be served: ${method.slice(0, 40)}`);
  if (!isPath(path) && !(path === '*' && method === 'OPTIONS')) throw new HttpFault('target', 'the path is none');
  const section = readParts(parts, 2);
  if (countOfKind(section, KIND.host) !== 1) throw new HttpFault('host-twice', 'not one Host');
  if (!isHost(valueOfKind(section, KIND.host) ?? '')) throw new HttpFault('host', 'Host is not a host');
  return { method, path, length: lengthIn(section), ...section };
}

/** @throws HttpFault */
export function readResponseBlock(block: string): ResponseBlock {
  const parts = partsOf(block);
  const [status = ''] = parts;
  if (!/^[1-9]\d\d$/.test(status)) throw new HttpFault('status-line', `not a status: ${status.slice(0, 40)}`);
  const section = readParts(parts, 1);
  return { status: Number(status), length: lengthIn(section), ...section };
}

/** @throws HttpFault */
export function readTrailerBlock(block: string): FieldSection {
  return readParts(block === '' ? [] : partsOf(block), 0);
}

/** What a block consists of: no control character but the tab, and the line feeds between its parts. */
const BLOCK = /^[\t\n\x20-\x7e\x80-\xff]*$/;

/** What is about one connection, and has no meaning in a tunnel. `te` and `upgrade` ask for something of the far end. */
const UNTUNNELLED = KIND.transferEncoding | KIND.connection | KIND.disguised;

function partsOf(block: string): readonly string[] {
  if (!BLOCK.test(block)) throw new HttpFault('block', 'a control character in a head');
  return block.split('\n');
}

function readParts(parts: readonly string[], start: number): FieldSection {
  if ((parts.length - start) % 2 !== 0) throw new HttpFault('block', 'a name without a value');
  if ((parts.length - start) / 2 > MAX_HEAD_FIELDS) throw new HttpFault('fields-many', `more than ${MAX_HEAD_FIELDS} fields`);
  const kinds: number[] = [];
  let seen = 0;
  for (let at = start; at < parts.length; at += 2) {
    const name = parts[at] ?? '';
    const known = fieldName(name);
    if (known?.name !== name || (known.kind & UNTUNNELLED) !== 0)
      throw new HttpFault('block', `not a field of a tunnel: ${name.slice(0, 100)}`);
    kinds.push(known.kind);
    seen |= known.kind;
  }
  return { fields: parts.slice(start), kinds, seen };
}

function lengthIn(section: FieldSection): number | undefined {
  if (countOfKind(section, KIND.contentLength) > 1) throw new HttpFault('framing-twice', 'more than one length');
  const length = valueOfKind(section, KIND.contentLength);
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new HttpFault('content-length', 'Content-Length is not a length');
  return Number(length);
}
