import type { Socket } from 'node:net';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { BodyReader, Mesh, MeshResponse } from '@themis-mesh/mesh';
import type { Fields } from '../http/fields.ts';
import { CallerBody } from './caller-body.ts';
import { callerHead, callerTrailers, interimHeadText, writeJoined, type CallerHead } from './caller-answer.ts';
import { lastChunk } from './chunks.ts';
import { KIND } from './field-name.ts';
import { listOfKind, type FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { onwardRequestFields, onwardTrailers } from './onward.ts';
import type { RequestHead } from './request-head.ts';
import { reset } from '../tcp/reset.ts';

/** Where in the mesh a request goes. */
export interface MeshRoute {
  readonly service: TargetName;
  /** Path and query. */
  readonly path: string;
  /** What the service sees as the host. */
  readonly host: string;
}

/** The connection that an exchange is on. */
export interface CallerLine {
  readonly socket: Socket;
  readonly send: Mesh['send'];
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** More of the request is welcome. */
  onRoom(): void;
  /** The answer is written. @param persists whether another request may follow */
  onAnswered(persists: boolean): void;
  /** There is no answer, and nothing was written of one. */
  onError(error: unknown): void;
}

/**
 * One request of a plain caller to a service of the mesh, and its answer.
 *
 *     waiting ── head ──▶ answering ── end ──▶ over
 *     waiting, answering ── failure, caller gone ──▶ over
 */
export class CallerExchange implements BodyReader {
  readonly head: RequestHead;
  readonly #line: CallerLine;
  readonly #route: MeshRoute;
  #stage: 'waiting' | 'answering' | 'over' = 'waiting';
  #hasBegun = false;
  #isAsked = false;
  /** What came of the body before the request was sent. */
  #first: Buffer | undefined;
  #body: CallerBody | undefined;
  #isFull = false;
  #answer: MeshResponse | undefined;
  #out: CallerHead | undefined;
  /** The head of the answer, until it is written with what comes first of the body. */
  #text = '';
  /** Bytes that the caller has no room for yet. */
  #waiting = 0;

  constructor(line: CallerLine, head: RequestHead, route: MeshRoute) {
    this.#line = line;
    this.head = head;
    this.#route = route;
  }

  /** Whether the caller is to go on: with its request, which is wanted. */
  get awaitsMore(): boolean {
    return !this.#isAsked && !this.#isFull;
  }

  /** Whether all of the request has come. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Whether any of the answer was written. */
  get isAnswered(): boolean {
    return this.#answer !== undefined;
  }

  /** A part of the request's body. @returns whether more is welcome */
  take(bytes: Buffer): boolean {
    if (!this.#hasBegun && this.#body === undefined && this.#first === undefined) {
      this.#first = bytes;
      return true;
    }
    this.#isFull = !this.#stream().push(bytes);
    return !this.#isFull;
  }

  /** The request is whole. */
  finish(trailers: FieldSection): void {
    this.#isAsked = true;
    const fields = trailers.fields.length === 0 ? NONE : onwardTrailers(trailers);
    if (this.#body !== undefined || this.#hasBegun || fields.length > 0) this.#stream().finish(fields);
    this.begin();
  }

  /** Sends the request, where that was not done yet. What is not there of it goes after it. */
  begin(): void {
    if (this.#hasBegun) return;
    const body = this.#bodyToSend();
    this.#hasBegun = true;
    const { socket, send, signal } = this.#line;
    const { method, minor, awaitsContinue } = this.head;
    // A body that waits for a word of the service could not go to another instance; so the word is ours (RFC 9110
    // section 10.1.1).
    if (awaitsContinue) socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    send({
      service: this.#route.service,
      method,
      path: this.#route.path,
      headers: this.#fields(body),
      body,
      trailers: body instanceof CallerBody ? () => body.trailers() : undefined,
      onInformation: minor === 1 ? this.#onInformation : undefined,
      signal,
    }).then(this.#onAnswer, this.#onError);
  }

  /** The caller is gone, or what it sends is no request. */
  abandon(): void {
    this.#stage = 'over';
    this.#answer?.discard();
    this.#body?.destroy();
  }

  /** There is room for more of the answer. */
  onWritable(): void {
    const bytes = this.#waiting;
    this.#waiting = 0;
    if (bytes > 0) this.#answer?.consumed(bytes);
  }

  onData(bytes: Buffer): void {
    if (this.#stage !== 'answering') return;
    const text = this.#text;
    this.#text = '';
    const { socket } = this.#line;
    const isWelcome =
      this.#out?.framing === 'chunked'
        ? writeJoined(socket, `${text}${bytes.length.toString(16)}\r\n`, bytes, '\r\n')
        : writeJoined(socket, text, bytes, '');
    if (isWelcome) this.#answer?.consumed(bytes.length);
    else this.#waiting += bytes.length;
  }

  onEnd(trailers: string[]): void {
    if (this.#stage !== 'answering') return;
    this.#stage = 'over';
    const text = this.#text + (this.#out?.framing === 'chunked' ? lastChunkOf(trailers) : '');
    this.#text = '';
    if (text !== '') this.#line.socket.write(text, 'latin1');
    this.#line.onAnswered(this.#out?.persists === true);
  }

  onFail(): void {
    if (this.#stage !== 'answering') return;
    this.#stage = 'over';
    // A reset where only the end of the connection would say that the body is whole.
    if (this.#out?.framing === 'close') reset(this.#line.socket);
    else this.#line.socket.destroy();
  }

  readonly #onInformation = (status: number, rawHeaders: readonly string[]): void => {
    const text = this.#stage === 'waiting' ? interimHeadText(status, rawHeaders) : undefined;
    if (text !== undefined) this.#line.socket.write(text, 'latin1');
  };

  readonly #onAnswer = (answer: MeshResponse): void => {
    if (this.#stage !== 'waiting') {
      answer.discard();
      return;
    }
    const { method, minor, persists } = this.head;
    try {
      if (answer.upgraded !== undefined) throw new HttpFault('switch-unasked', 'a change to a protocol that nobody asked for');
      // What is not there yet of a request that is answered is not waited for.
      this.#out = callerHead(answer, { method, minor, persists: persists && this.#isAsked });
    } catch (error) {
      answer.upgraded?.socket.destroy();
      answer.discard();
      this.#onError(
        error instanceof HttpFault ? new ThemisError('THEMIS_ANSWER_MALFORMED', error.detail, { cause: error }) : error,
      );
      return;
    }
    this.#answer = answer;
    this.#stage = 'answering';
    this.#text = this.#out.text;
    answer.read(this);
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    if (this.#isAnswering()) this.#line.socket.write(text, 'latin1');
  };

  readonly #onError = (error: unknown): void => {
    if (this.#stage !== 'waiting') return;
    this.#stage = 'over';
    this.#body?.destroy();
    this.#line.onError(error);
  };

  #isAnswering(): boolean {
    return this.#stage === 'answering';
  }

  /** The body as it is sent: bytes where all of it is here, because those may be sent again. */
  #bodyToSend(): Buffer | CallerBody | undefined {
    if (this.head.framing === 0) return undefined;
    return this.#isAsked && this.#body === undefined ? this.#first : this.#stream();
  }

  #stream(): CallerBody {
    if (this.#body !== undefined) return this.#body;
    this.#body = new CallerBody(() => {
      if (!this.#isFull) return;
      this.#isFull = false;
      this.#line.onRoom();
    });
    this.#body.on('error', () => undefined);
    if (this.#first !== undefined) this.#body.push(this.#first);
    this.#first = undefined;
    return this.#body;
  }

  #fields(body: Buffer | CallerBody | undefined): string[] {
    const fields = onwardRequestFields(this.head, this.#route.host);
    const { framing, seen } = this.head;
    // Trailers are passed on, so the wish for them is ours to pass on too (RFC 9110 section 10.1.4).
    if ((seen & KIND.te) !== 0 && listOfKind(this.head, KIND.te).includes('trailers'))
      fields.push('te', 'trailers', 'connection', 'te');
    if (body instanceof CallerBody)
      fields.push(...(framing === 'chunked' ? ['transfer-encoding', 'chunked'] : ['content-length', String(framing)]));
    return fields;
  }
}

const NONE: Fields = Object.freeze([]);

/** Trailers that cannot be passed on are left out: the body before them is whole. */
function lastChunkOf(trailers: Fields): string {
  try {
    return lastChunk(callerTrailers(trailers));
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    return lastChunk([]);
  }
}
