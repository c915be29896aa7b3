import { ChunkSize } from './chunk-size.ts';
import { NO_FIELDS, readFields, type FieldSection } from './field-section.ts';
import type { Framing } from './framing.ts';
import { HeadBytes } from './head-bytes.ts';
import { HttpFault } from './http-fault.ts';

/** Hears of messages as they come. */
export interface MessageHandler<Head> {
  /** A head. Behind an interim one there is nothing, and another head comes. */
  onHead(head: Head): void;
  /** A part of the body, never empty: a view of what was pushed. */
  onBody(bytes: Buffer): void;
  /** The message is over. @param trailers all that came, to be sifted before use */
  onEnd(trailers: FieldSection): void;
  /** This is no HTTP, or it was cut off. Nothing more comes. */
  onFault(fault: HttpFault): void;
}

/**
 * Reads messages of HTTP/1.1 (RFC 9112), one behind the other, from bytes in any slicing.
 *
 * What is pushed must stay as it is for as long as views of it are used, and, while the parser pauses, until it resumes.
 */
export abstract class MessageParser<Head extends { readonly framing: Framing }> {
  readonly #handler: MessageHandler<Head>;
  readonly #head = new HeadBytes();
  readonly #chunk = new ChunkSize();
  #state: State = 'head';
  /** How much of a counted body, or of a chunk, is still to come. Bytes. */
  #left = 0;
  #bytes: Buffer = NOTHING;
  /** Up to where {@link #bytes} were read. */
  #at = 0;
  #isPaused = false;
  #isReading = false;
  #hasEnded = false;

  protected constructor(handler: MessageHandler<Head>) {
    this.#handler = handler;
  }

  /** @throws HttpFault */
  protected abstract readHead(text: string): Head;

  /** Why no message may begin now; undefined where one may. */
  protected abstract beginFault(): HttpFault | undefined;

  /** Whether a message has to come yet: an end of the connection before it is a fault. */
  protected abstract isAwaited(): boolean;

  /** Whether no message is under way, and nothing of a next one is there. */
  get isBetween(): boolean {
    return this.#state === 'head' && !this.#head.hasBegun && !this.#hasUnread;
  }

  push(bytes: Buffer): void {
    if (this.#state === 'over') return;
    this.#bytes = this.#hasUnread ? Buffer.concat([this.#bytes.subarray(this.#at), bytes]) : bytes;
    this.#at = 0;
    this.#read();
  }

  /** The other side has ended the connection. */
  end(): void {
    this.#hasEnded = true;
    this.#read();
  }

  /**
   * Nothing more is read until {@link resume}; what is pushed is kept. An end that is known already, as that of a message
   * without body, is told nevertheless.
   */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#read();
  }

  /** Reads nothing more, and tells of nothing more. @returns what was not read: of a tunnel, the first of its bytes */
  release(): Buffer {
    const unread = this.#bytes.subarray(this.#at);
    this.#stop();
    return unread;
  }

  get #hasUnread(): boolean {
    return this.#at < this.#bytes.length;
  }

  #read(): void {
    // A handler that resumes is already inside.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (!this.#isPaused && this.#hasUnread && this.#state !== 'over' && this.#state !== 'tunnel') this.#step();
      if (this.#hasEnded && !this.#isPaused) this.#close();
    } finally {
      this.#isReading = false;
    }
  }

  #step(): void {
    switch (this.#state) {
      case 'head':
        this.#readHead();
        return;
      case 'counted':
      case 'chunk':
        this.#readCounted();
        return;
      case 'until-close':
        this.#tellBody(this.#bytes.length);
        return;
      case 'chunk-size':
        this.#readChunkSize();
        return;
      case 'chunk-cr':
        this.#expect(CR, 'chunk-lf');
        return;
      case 'chunk-lf':
        this.#expect(LF, 'chunk-size');
        return;
      case 'trailers':
        this.#readTrailers();
        return;
      case 'tunnel':
      case 'over':
        return;
    }
  }

  #readHead(): void {
    const head = this.#attempt(() => {
      const refused = this.#head.hasBegun ? undefined : this.beginFault();
      if (refused !== undefined) throw refused;
      const text = this.#head.take(this.#bytes, this.#at);
      this.#at = this.#head.next;
      return text === undefined ? undefined : this.readHead(text);
    });
    if (head === undefined) return;
    const { framing } = head;
    this.#state = stateBehind(framing);
    if (typeof framing === 'number') this.#left = framing;
    if (framing === 'chunked') this.#chunk.reset();
    this.#handler.onHead(head);
    if (framing === 0 && this.#isAt('counted')) this.#finish(NO_FIELDS);
  }

  #readCounted(): void {
    const end = Math.min(this.#bytes.length, this.#at + this.#left);
    this.#left -= end - this.#at;
    const isLast = this.#left === 0;
    const isCounted = this.#state === 'counted';
    if (isLast && !isCounted) this.#state = 'chunk-cr';
    this.#tellBody(end);
    if (isLast && isCounted && this.#isAt('counted')) this.#finish(NO_FIELDS);
  }

  #readChunkSize(): void {
    const size = this.#attempt(() => {
      const found = this.#chunk.take(this.#bytes, this.#at);
      this.#at = this.#chunk.next;
      return found;
    });
    if (size === undefined) return;
    this.#left = size;
    if (size > 0) this.#state = 'chunk';
    else this.#expectTrailers();
  }

  #expectTrailers(): void {
    const isEmpty = this.#bytes[this.#at] === CR && this.#bytes[this.#at + 1] === LF;
    if (isEmpty) {
      this.#at += 2;
      this.#finish(NO_FIELDS);
    } else {
      this.#state = 'trailers';
      this.#head.expectTrailers();
    }
  }

  #readTrailers(): void {
    const trailers = this.#attempt(() => {
      const text = this.#head.take(this.#bytes, this.#at);
      this.#at = this.#head.next;
      return text === undefined ? undefined : readFields(text, 0);
    });
    if (trailers !== undefined) this.#finish(trailers);
  }

  #expect(byte: number, next: State): void {
    if (this.#bytes[this.#at] === byte) {
      this.#at += 1;
      this.#state = next;
    } else {
      this.#fail(new HttpFault('chunk-end', 'a chunk that is longer than its size'));
    }
  }

  /** Tells of the body up to a place in what was pushed. */
  #tellBody(end: number): void {
    const isAll = this.#at === 0 && end === this.#bytes.length;
    const part = isAll ? this.#bytes : this.#bytes.subarray(this.#at, end);
    this.#at = end;
    this.#handler.onBody(part);
  }

  #finish(trailers: FieldSection): void {
    this.#state = 'head';
    this.#handler.onEnd(trailers);
  }

  /** At the end of the connection. */
  #close(): void {
    if (this.#state === 'until-close') {
      this.#stop();
      this.#handler.onEnd(NO_FIELDS);
    } else if (this.#state !== 'over' && this.#state !== 'tunnel' && (!this.isBetween || this.isAwaited())) {
      this.#fail(new HttpFault('cut-off', 'the connection ended before a message did'));
    }
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#fail(error);
      return undefined;
    }
  }

  #fail(fault: HttpFault): void {
    this.#stop();
    this.#handler.onFault(fault);
  }

  #stop(): void {
    this.#state = 'over';
    this.#bytes = NOTHING;
    this.#at = 0;
  }

  /** Asked where a handler may have changed the state. */
  #isAt(state: State): boolean {
    return this.#state === state;
  }
}

/**
 * What comes next. A chunk's size is followed by the chunk, its line end, and the next size; that of 0 by the trailers. In
 * `tunnel` and `over` nothing is read; what comes in a tunnel is kept for who takes it over.
 */
type State =
  'head' | 'counted' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-cr' | 'chunk-lf' | 'trailers' | 'tunnel' | 'over';

function stateBehind(framing: Framing): State {
  switch (framing) {
    case 'chunked':
      return 'chunk-size';
    case 'close':
      return 'until-close';
    case 'interim':
      return 'head';
    case 'tunnel':
      return 'tunnel';
    default:
      return 'counted';
  }
}

const CR = 0x0d;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
