import { encodeAnswerHead } from '../wire/head-block.ts';
import { ServerResponse } from '../wire/node-http.ts';

/** Where an answer goes. */
export interface AnswerWay {
  /** Sends a head. @param header as Node would have written it */
  sendHead(header: string): void;
  /** Sends a piece of the body. @returns whether more is welcome */
  sendBody(bytes: Buffer, done: (() => void) | undefined): boolean;
  /** What is sent from now on goes with the end. */
  beginEnd(): void;
  /** The answer is complete. @param trailers as Node would have written them */
  end(trailers: string): void;
}

/** Where an answer knows its exchange by. */
const EXCHANGE = Symbol('exchange');

/** What Node's answers do with a socket, by names that are not public. Held by tests on every Node that is supported. */
interface Inner {
  [EXCHANGE]: AnswerWay;
  _header: string | null;
  _headerSent: boolean;
  _trailer: string;
  _storeHeader: (this: Answer, firstLine: string, headers: unknown) => void;
  _send: (this: Answer, data: string | Uint8Array, encoding?: BufferEncoding | null, done?: (() => void) | null) => boolean;
  _writeRaw: (this: Answer, data: string | Uint8Array, encoding?: BufferEncoding | null, done?: (() => void) | null) => boolean;
}

type Answer = ServerResponse & Inner;

const plain = ServerResponse.prototype as Answer;

/**
 * Has an answer go over its exchange. As properties of its own, not of a class, because frameworks replace the prototypes of
 * answers. All that makes a head stays Node's; what it would write to a socket goes as frames.
 */
export function takeOver(response: ServerResponse, exchange: AnswerWay): void {
  const answer = response as Answer;
  answer[EXCHANGE] = exchange;
  answer._storeHeader = storeHeader;
  answer._send = sendData;
  answer._writeRaw = writeRaw;
  answer.end = end as Answer['end'];
}

/** The block of a head that Node has made: what is said of one connection is left out. */
export function headOf(header: string): string {
  const lines = header.split('\r\n');
  const fields: string[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (OF_A_CONNECTION.has(name)) continue;
    fields.push(name, line.slice(colon + 2));
  }
  // `HTTP/1.1 200 OK`
  return encodeAnswerHead(Number(header.slice(9, 12)), fields, (lines[0] ?? '').slice(13));
}

const OF_A_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'proxy-connection',
]);

function storeHeader(this: Answer, firstLine: string, headers: unknown): void {
  plain._storeHeader.call(this, firstLine, headers);
  // Frames say where the body ends; in chunks it would be framed twice.
  this.chunkedEncoding = false;
}

function sendData(
  this: Answer,
  data: string | Uint8Array,
  encoding?: BufferEncoding | null,
  done?: (() => void) | null,
): boolean {
  const exchange = this[EXCHANGE];
  if (!this._headerSent && this._header !== null) {
    this._headerSent = true;
    exchange.sendHead(this._header);
  }
  const isWelcome = exchange.sendBody(bytesOf(data, encoding), done ?? undefined);
  if (!isWelcome) Object.defineProperty(this, 'writableNeedDrain', { value: true, configurable: true });
  return isWelcome;
}

/** Node writes interim answers so. */
function writeRaw(
  this: Answer,
  data: string | Uint8Array,
  _encoding?: BufferEncoding | null,
  done?: (() => void) | null,
): boolean {
  this[EXCHANGE].sendHead(String(data));
  if (typeof done === 'function') process.nextTick(done);
  return true;
}

function end(this: Answer, ...args: Parameters<ServerResponse['end']>): Answer {
  const exchange = this[EXCHANGE];
  if (this.writableEnded) {
    plain.end.apply(this, args);
    return this;
  }
  exchange.beginEnd();
  try {
    plain.end.apply(this, args);
  } finally {
    if (this.writableEnded) exchange.end(this._trailer);
  }
  return this;
}

function bytesOf(data: string | Uint8Array, encoding: BufferEncoding | null | undefined): Buffer {
  if (typeof data === 'string') return Buffer.from(data, encoding ?? 'utf8');
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
