import type { Writable } from 'node:stream';
import { dateNow, type MeshResponse } from '@themis-mesh/mesh';
import type { Fields } from '../http/fields.ts';
import { linksOf } from '../http/links.ts';
import { connectionOptions } from './connection-options.ts';
import { fieldName, KIND } from './field-name.ts';
import { valueOfKind, type FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { onwardFields, onwardTrailers, valueOf } from './onward.ts';
import { responseHeadText, type ResponseToWrite } from './write-head.ts';

/** What an answer is written for. */
export interface Asker {
  readonly method: string;
  readonly minor: 0 | 1;
  /** Whether the connection is kept behind the answer. */
  readonly persists: boolean;
}

/** The head of an answer as a caller gets it, and how its body is written. */
export interface CallerHead {
  /** In Latin-1. */
  readonly text: string;
  readonly framing: ResponseToWrite['framing'];
  readonly persists: boolean;
}

/** @throws HttpFault for an answer that could be read in two ways */
export function callerHead(answer: MeshResponse, { method, minor, persists }: Asker): CallerHead {
  const { status } = answer;
  const section = sectionOf(answer.rawHeaders);
  const fields = onwardFields({ ...section, connection: connectionOptions(section) });
  // RFC 9110 section 6.6.1
  if (valueOf({ fields }, 'date') === undefined) fields.push('date', dateNow());
  const framing = framingOf(answer, section, method, minor);
  const isKept = persists && framing !== 'close';
  if (!isKept) fields.push('connection', 'close');
  return { text: responseHeadText({ status, fields, framing }), framing, persists: isKept };
}

/** The head of an interim answer, in Latin-1; undefined for one that has no meaning to a caller (RFC 9110 section 15.2). */
export function interimHeadText(status: number, rawHeaders: Fields): string | undefined {
  if (status === 100 || status === 102) return responseHeadText({ status, fields: [], framing: 'none' });
  if (status !== 103) return undefined;
  const fields = linksOf(rawHeaders).flatMap((link) => ['link', link]);
  return responseHeadText({ status, fields, framing: 'none' });
}

/** The trailers of an answer that are passed on. @throws HttpFault */
export function callerTrailers(rawTrailers: Fields): string[] {
  return rawTrailers.length === 0 ? [] : onwardTrailers(sectionOf(rawTrailers));
}

/**
 * Writes text and bytes in one piece where a copy is cheaper than a system call more.
 *
 * @returns as `Writable.write`
 */
export function writeJoined(to: Writable, before: string, bytes: Buffer, after: string): boolean {
  if (bytes.length > COPIED) {
    to.cork();
    if (before !== '') to.write(before, 'latin1');
    let isWelcome = to.write(bytes);
    if (after !== '') isWelcome = to.write(after, 'latin1');
    to.uncork();
    return isWelcome;
  }
  if (before === '' && after === '') return to.write(bytes);
  const joined = Buffer.allocUnsafe(before.length + bytes.length + after.length);
  joined.write(before, 0, 'latin1');
  bytes.copy(joined, before.length);
  if (after !== '') joined.write(after, before.length + bytes.length, 'latin1');
  return to.write(joined);
}

const COPIED = 16_384;

function framingOf(answer: MeshResponse, section: FieldSection, method: string, minor: 0 | 1): ResponseToWrite['framing'] {
  const { status } = answer;
  if (status === 204) return 'none';
  const length = valueOfKind(section, KIND.contentLength);
  if (length !== undefined) {
    if (!/^\d{1,15}$/.test(length)) throw new HttpFault('content-length', 'Content-Length is not a length');
    return Number(length);
  }
  if (method === 'HEAD' || status === 304) return 'none';
  // All of it is here: nothing else needs to say where it ends.
  if (answer.complete && answer.failure === undefined && answer.rawTrailers.length === 0) return answer.received;
  return minor === 1 ? 'chunked' : 'close';
}

/** @throws HttpFault */
function sectionOf(fields: Fields): FieldSection {
  const names: string[] = [];
  const kinds: number[] = [];
  let seen = 0;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const known = fieldName(fields[at] ?? '');
    if (known === undefined || (known.kind & KIND.disguised) !== 0)
      throw new HttpFault('field-name', 'not a field to be passed on');
    names.push(known.name, fields[at + 1] ?? '');
    kinds.push(known.kind);
    seen |= known.kind;
  }
  return { fields: names, kinds, seen };
}
