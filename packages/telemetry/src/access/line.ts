import type { AccessEntry } from './entry.ts';
import { shownPath } from './path.ts';

/** The longest text of a field, and the longest path. Signs. */
const LONGEST_TEXT = 256;
const LONGEST_PATH = 1024;

/**
 * One line for one entry, with its line feed. The fields are those of `fields.ts`, in that order; put together by hand, because
 * it is done for each request.
 *
 * @param now milliseconds since 1970
 */
export function accessLine(entry: AccessEntry, now: number, withQuery: boolean): string {
  const { status, duration, bytesIn, bytesOut, port, retries } = entry;
  let line = `{"time":"${isoTime(now)}","direction":"${entry.direction}"`;
  if (entry.caller !== undefined) line += `,"caller":${quote(entry.caller)}`;
  if (entry.callerId !== undefined) line += `,"callerId":${quote(entry.callerId)}`;
  line += `,"service":${quote(entry.service)}`;
  if (entry.instance !== undefined) line += `,"instance":${quote(entry.instance)}`;
  if (entry.protocol !== undefined) line += `,"protocol":${quote(entry.protocol)}`;
  if (entry.method !== undefined) line += `,"method":${quote(entry.method)}`;
  if (entry.path !== undefined) line += `,"path":${quote(shownPath(entry.path, withQuery), LONGEST_PATH)}`;
  if (status > 0) line += `,"status":${status}`;
  if (entry.grpcStatus !== undefined) line += `,"grpc_status":${entry.grpcStatus}`;
  if (entry.refusal !== undefined) line += `,"refusal":${quote(entry.refusal)}`;
  if (entry.policy !== undefined) line += `,"policy":${quote(entry.policy)}`;
  if (entry.rule !== undefined) line += `,"rule":${quote(entry.rule)}`;
  if (entry.audit) line += ',"audit":true';
  line += `,"duration_ms":${Math.round(duration * 1000) / 1000}`;
  if (bytesIn > 0) line += `,"bytes_in":${bytesIn}`;
  if (bytesOut > 0) line += `,"bytes_out":${bytesOut}`;
  if (port !== undefined) line += `,"port":${port}`;
  if (entry.remote !== undefined) line += `,"remote":${quote(entry.remote)}`;
  if (retries > 0) line += `,"retries":${retries}`;
  if (isRequestId(entry.requestId)) line += `,"request_id":${quote(entry.requestId)}`;
  if (isTraceparent(entry.traceparent)) line += `,"traceparent":${quote(entry.traceparent)}`;
  return `${line}}\n`;
}

/** What is written in the place of lines that were lost. */
export function droppedLine(dropped: number, now: number): string {
  return `{"time":"${isoTime(now)}","dropped":${dropped}}\n`;
}

/** What needs no escape in JSON: nearly every text. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A text as JSON. Characters that move a terminal's cursor, or that nobody sees, are escaped, so that nobody forges a line. */
function quote(text: string, longest = LONGEST_TEXT): string {
  const shown = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
  if (PLAIN.test(shown)) return `"${shown}"`;
  return JSON.stringify(shown.toWellFormed()).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** They come from a header's value, so what is not plainly an identifier is left out. */
function isRequestId(text: string | undefined): text is string {
  return text !== undefined && text.length <= 128 && /^[\w.:/+=@~-]+$/.test(text);
}

/** W3C Trace Context section 3.2.2. */
function isTraceparent(text: string | undefined): text is string {
  return text?.length === 55 && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}

let second = NaN;
let prefix = '';

/** ISO 8601. All but the milliseconds is the same for all lines of a second. */
function isoTime(now: number): string {
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    prefix = new Date(whole * 1000).toISOString().slice(0, 20);
    second = whole;
  }
  const milliseconds = Math.floor(now) - whole * 1000;
  const zeros = milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : '';
  return `${prefix}${zeros}${milliseconds}Z`;
}
