import type { Socket } from 'node:net';
import type { Fields } from '../http/fields.ts';
import { lastChunk } from './chunks.ts';
import type { FieldSection } from './field-section.ts';
import type { ResponseHead } from './response-head.ts';
import type { RequestToWrite } from './write-head.ts';

/** What is asked of a program. */
export interface RequestToApp extends RequestToWrite {
  /** Whether it asks for another protocol, so that 101 is an answer. */
  readonly upgrade: boolean;
}

/** Hears of one exchange. Each is called while bytes are read from a socket, so none may throw. */
export interface ExchangeHandler {
  /** The head of the answer; before it, any number of interim ones. */
  onHead(head: ResponseHead): void;
  /** A part of the answer's body, which the handler may keep. */
  onBody(bytes: Buffer): void;
  /** The answer is over. @param trailers all that came, to be sifted before use */
  onEnd(trailers: FieldSection): void;
  /** In the place of the head of an answer: the connection speaks another protocol from here on, and is the handler's. */
  onUpgrade(head: ResponseHead, socket: Socket, first: Buffer): void;
  /** There will be no answer, or no more of it. Nothing follows. */
  onFail(failure: ExchangeFailure): void;
  /** There is room again, after `write` returned false. */
  onWritable(): void;
}

export interface ExchangeFailure {
  /**
   * `unreachable`: nothing was sent. `broken-off`: the connection ended before the answer did; what became of the request is
   * not known. `malformed`: what came is no answer. `miscounted`: our side sent another length than it had said.
   */
  readonly is: 'unreachable' | 'broken-off' | 'malformed' | 'miscounted';
  /** Names no addresses: those are the cause's. */
  readonly detail: string;
  readonly cause?: unknown;
}

/** What an exchange goes over. */
export interface ExchangeCarrier {
  /** @returns whether more is welcome */
  writeBody(bytes: Buffer, isChunked: boolean): boolean;
  /** @param last what ends the body, where its length does not */
  endBody(exchange: Exchange, last: string): void;
  pause(): void;
  resume(): void;
  /** Ends the connection, where it carries this exchange still. */
  drop(exchange: Exchange): void;
}

/** One request and its answer. Its user writes the body, ends it, and may call the whole off; the handler hears of the rest. */
export class Exchange {
  readonly request: RequestToApp;
  readonly handler: ExchangeHandler;
  #connection: ExchangeCarrier | undefined;
  /** Where the body is counted, how much of it is still to be written. Bytes. */
  #left: number;
  #asking: 'open' | 'ended';
  #answer: 'awaited' | 'over' = 'awaited';

  constructor(request: RequestToApp, handler: ExchangeHandler) {
    this.request = request;
    this.handler = handler;
    this.#left = request.framing === 'chunked' ? Infinity : request.framing;
    this.#asking = request.framing === 0 ? 'ended' : 'open';
  }

  /** Whether all of the request was written. */
  get isAsked(): boolean {
    return this.#asking === 'ended';
  }

  /** Whether nothing is said to the handler any more. */
  get isOver(): boolean {
    return this.#answer === 'over';
  }

  /**
   * Writes a part of the body. It must not be changed afterwards. Where the answer is over already, and the connection with
   * it, it goes nowhere.
   *
   * @returns whether more is welcome; where not, the handler's `onWritable` says when
   */
  write(bytes: Buffer): boolean {
    if (this.#asking === 'ended' || bytes.length === 0) return true;
    this.#left -= bytes.length;
    if (this.#left < 0) {
      this.#miscounted('more than the length that was said');
      return false;
    }
    return this.#connection?.writeBody(bytes, this.request.framing === 'chunked') ?? true;
  }

  /** The body is over. @param trailers are sent where the body is one of chunks. @throws HttpFault for what cannot be sent */
  end(trailers: Fields = []): void {
    if (this.#asking === 'ended') return;
    if (this.#left > 0 && this.#left !== Infinity) {
      this.#miscounted('less than the length that was said');
      return;
    }
    const last = this.request.framing === 'chunked' ? lastChunk(trailers) : '';
    this.#asking = 'ended';
    this.#connection?.endBody(this, last);
  }

  /** Reads no more of the answer until {@link resume}. */
  pause(): void {
    if (this.#answer === 'awaited') this.#connection?.pause();
  }

  resume(): void {
    if (this.#answer === 'awaited') this.#connection?.resume();
  }

  /** Calls it off, with its connection. The handler hears of nothing more. */
  abort(): void {
    this.#asking = 'ended';
    this.#answer = 'over';
    this.#connection?.drop(this);
  }

  /** For the connection: it carries this exchange from now on. */
  attach(connection: ExchangeCarrier | undefined): void {
    this.#connection = connection;
  }

  /** For the connection: the answer came to its end. */
  answered(): void {
    this.#answer = 'over';
  }

  /** For the connection and its pool. */
  fail(failure: ExchangeFailure): void {
    if (this.#answer === 'over') return;
    this.#asking = 'ended';
    this.#answer = 'over';
    this.handler.onFail(failure);
  }

  #miscounted(detail: string): void {
    const connection = this.#connection;
    this.fail({ is: 'miscounted', detail });
    connection?.drop(this);
  }
}
