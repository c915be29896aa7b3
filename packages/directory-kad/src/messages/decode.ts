import { accept, MAX_RECORD_BYTES, meaningOfRefusal, printable, refuse, type RefusalCode, type Verdict } from '@themis-mesh/core';
import { KAD } from '../constants.ts';
import type { Answer } from './answer.ts';
import { MalformedMessage, MessageParts } from './message-parts.ts';
import type { Request } from './request.ts';
import { MAX_BLOB_BYTES, MAX_MESSAGE_BYTES, TYPE, VERSION } from './wire.ts';

/** The most events of a history that a request may say to know. */
const MAX_KNOWN = 16;

/** Reads what a peer asks. Refused with `node-message`, or `node-version` for one of another version. */
export function decodeRequest(bytes: Uint8Array): Verdict<Request> {
  return decode(bytes, readRequest);
}

/** Reads what a peer answers. Refused as {@link decodeRequest} does. */
export function decodeAnswer(bytes: Uint8Array): Verdict<Answer> {
  return decode(bytes, readAnswer);
}

function decode<T>(bytes: Uint8Array, read: (type: number, parts: MessageParts) => T): Verdict<T> {
  if (bytes.length > MAX_MESSAGE_BYTES) return refuse('node-message', `${bytes.length} bytes, at most ${MAX_MESSAGE_BYTES}`);
  try {
    const parts = new MessageParts(bytes);
    const version = parts.byte();
    if (version !== VERSION) return refuse('node-version', `${version}, this one speaks ${VERSION}`);
    const message = read(parts.byte(), parts);
    parts.end();
    return accept(message);
  } catch (error) {
    if (error instanceof MalformedMessage) return refuse('node-message', error.message);
    throw error;
  }
}

function readRequest(type: number, parts: MessageParts): Request {
  const sender = parts.maybe(() => ({ index: parts.index(), address: parts.address() }));
  const asked = sender === undefined ? {} : { sender };
  switch (type) {
    case TYPE.ping:
      return { kind: 'ping', ...asked };
    case TYPE.find:
      return { kind: 'find', ...asked, target: parts.place() };
    case TYPE.get:
      return { kind: 'get', ...asked, ...readWish(parts) };
    case TYPE.watch:
      return { kind: 'watch', ...asked, ...readWish(parts), lease: readLease(parts) };
    case TYPE.store:
      return { kind: 'store', ...asked, record: parts.record() };
    default:
      throw new MalformedMessage(`a request of type ${type}`);
  }
}

function readWish(parts: MessageParts): Pick<Extract<Request, { readonly kind: 'get' }>, 'wanted' | 'known' | 'zone'> {
  const wanted = parts.key();
  const known = parts.byte();
  if (known > MAX_KNOWN) throw new MalformedMessage(`${known} events known, a history has at most ${MAX_KNOWN}`);
  const zone = parts.text(63);
  return zone === '' ? { wanted, known } : { wanted, known, zone };
}

function readLease(parts: MessageParts): number {
  const lease = parts.two();
  if (lease === 0) throw new MalformedMessage('a lease of no time');
  return lease;
}

function readAnswer(type: number, parts: MessageParts): Answer {
  const index = parts.index();
  const closer = parts.contacts();
  switch (type) {
    case TYPE.nodes:
      return { kind: 'nodes', index, closer };
    case TYPE.records: {
      const total = parts.four();
      const count = parts.two();
      if (count > KAD.sampleRecords || count > total) throw new MalformedMessage(`${count} records of ${total}`);
      const records = Array.from({ length: count }, () => parts.record());
      const history = parts.maybe(() => parts.blob(MAX_RECORD_BYTES.history));
      return { kind: 'records', index, closer, records, total, ...(history === undefined ? {} : { history }) };
    }
    case TYPE.stored:
      return { kind: 'stored', index, closer, unchanged: parts.flag() };
    case TYPE.refused: {
      const code = parts.text(255);
      const detail = parts.text(255);
      const held = parts.maybe(() => parts.blob(MAX_BLOB_BYTES));
      const refusal = isRefusalCode(code) ? { code, detail } : refuse('node-other', printable(`${code}: ${detail}`)).refusal;
      return { kind: 'refused', index, closer, refusal, ...(held === undefined ? {} : { held }) };
    }
    default:
      throw new MalformedMessage(`an answer of type ${type}`);
  }
}

function isRefusalCode(code: string): code is RefusalCode {
  return meaningOfRefusal(code) !== undefined;
}
