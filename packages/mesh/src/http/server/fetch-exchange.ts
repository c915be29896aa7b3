import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Peer } from '@themis-mesh/core';
import type { StreamEnd, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { RequestDeadline } from '../../traffic/request-deadline.ts';
import { dateNow } from '../wire/date-field.ts';
import { decodeTrailers, encodeAnswerHead } from '../wire/head-block.ts';
import { LazyRequest, type MeshFetchRequest, type RequestSource } from './lazy-request.ts';
import { partsOf } from './reply.ts';
import type { TunnelRequestHead } from '../wire/request-head.ts';
import { StreamBody } from '../wire/stream-body.ts';

/** Answers a request. What it throws is a 500, and told to the server's listeners of `handlerError`. */
export type FetchHandler = (request: MeshFetchRequest) => Response | Promise<Response>;

export interface FetchExchangeOptions {
  readonly stream: TunnelStream;
  readonly head: TunnelRequestHead;
  readonly isEnd: boolean;
  readonly peer: Peer;
  readonly deadline?: RequestDeadline | undefined;
  readonly open: OpenRequest;
  readonly onError: (error: unknown) => void;
}

/** One request over a tunnel, served by a handler of fetch's shape: nothing of `node:http` is made for it. */
export class FetchExchange extends StreamBody implements StreamReceiver, RequestSource {
  readonly head: TunnelRequestHead;
  readonly peer: Peer;
  readonly deadline: RequestDeadline | undefined;
  readonly #stream: TunnelStream;
  readonly #open: OpenRequest;
  readonly #onError: (error: unknown) => void;
  readonly #hasBody: boolean;
  #gone: (() => void) | undefined;
  #source: Readable | undefined;
  #isAnswered = false;

  constructor({ stream, head, isEnd, peer, deadline, open, onError }: FetchExchangeOptions) {
    super();
    this.head = head;
    this.peer = peer;
    this.deadline = deadline;
    this.#stream = stream;
    this.#open = open;
    this.#onError = onError;
    this.#hasBody = !isEnd;
  }

  get body(): StreamBody | undefined {
    return this.#hasBody ? this : undefined;
  }

  begin(handler: FetchHandler): void {
    try {
      const answer = handler(new LazyRequest(this));
      if (answer instanceof Promise) answer.then(this.#answer, this.#failed);
      else this.#answer(answer);
    } catch (error) {
      this.#failed(error);
    }
  }

  consumed(bytes: number): void {
    this.#stream.consumed(bytes);
  }

  /** Nobody reads the request's body; its answer goes on. */
  discard(): void {
    this.read({ onData: (bytes) => this.consumed(bytes.length), onEnd: () => undefined, onFail: () => undefined });
  }

  onGone(gone: () => void): void {
    if (this.failure !== undefined && !this.#isAnswered) gone();
    else this.#gone = gone;
  }

  onHead(block: string): void {
    const trailers = decodeTrailers(block);
    if (trailers === undefined) this.#break('malformed', 'the fields after the body');
    else this.rawTrailers = trailers;
  }

  onData(bytes: Buffer): void {
    const { declared } = this.head;
    if (declared !== undefined && this.received + bytes.length > declared)
      this.#break('malformed', 'a body that is longer than it said');
    else this.take(bytes);
  }

  onEnd(): void {
    const { declared } = this.head;
    if (declared !== undefined && this.received < declared) this.#break('malformed', 'a body that is shorter than it said');
    else this.finish();
  }

  onReset(code: StreamEnd, detail: string): void {
    this.fail(new TypeError(`the caller is gone: ${detail === '' ? code : detail}`));
    this.#source?.destroy();
    if (this.#isAnswered) return;
    this.#open.refusal = 'THEMIS_CONNECTION_LOST';
    this.#end();
    this.#gone?.();
  }

  onWritable(): void {
    this.#source?.resume();
  }

  readonly #failed = (error: unknown): void => {
    this.#onError(error);
    if (this.#open.status === 0) this.#send(500, '', [], undefined);
    else this.#break('broken', 'the answer failed');
  };

  readonly #answer = (response: Response): void => {
    if (this.#stream.isOver) {
      void response.body?.cancel().catch(() => undefined);
      return;
    }
    try {
      const parts = partsOf(response);
      if (parts !== undefined) this.#send(parts.status, parts.statusText, parts.fields, parts.body);
      else this.#sendStream(response);
    } catch (error) {
      this.#failed(error);
    }
  };

  #send(status: number, reason: string, fields: readonly string[], body: Buffer | undefined): void {
    const length = body?.length ?? 0;
    const isBodiless = status === 204 || status === 304;
    const all = withDate(isBodiless ? fields : [...withoutLength(fields), 'content-length', length.toString()]);
    const hasBody = length > 0 && !isBodiless && this.head.method !== 'HEAD';
    this.#stream.head(encodeAnswerHead(status, all, reason), !hasBody);
    this.#open.status = status;
    if (hasBody) {
      this.#open.bytesOut = length;
      this.#stream.end(body);
    }
    this.#end();
  }

  /** What others made is read as a stream. */
  #sendStream(response: Response): void {
    const { status, statusText, headers, body } = response;
    const fields = [...headers].flat();
    if (body === null || this.head.method === 'HEAD') {
      void body?.cancel();
      this.#stream.head(encodeAnswerHead(status, withDate(fields), statusText), true);
      this.#open.status = status;
      this.#end();
      return;
    }
    this.#stream.head(encodeAnswerHead(status, withDate(withoutHopFields(fields)), statusText), false);
    this.#open.status = status;
    const source = Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
    this.#source = source;
    source.on('data', (chunk: Uint8Array) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#open.bytesOut += bytes.length;
      if (!this.#stream.write(bytes)) source.pause();
    });
    source.once('end', () => {
      this.#stream.end();
      this.#end();
    });
    source.once('error', (error) => {
      if (!this.#stream.isOver) this.#failed(error);
    });
  }

  #end(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#open.bytesIn = this.received;
    this.#open.end();
    // What still comes of the request is of no use any more.
    if (this.#hasBody && !this.complete) this.discard();
  }

  #break(code: 'malformed' | 'broken', detail: string): void {
    this.#stream.reset(code, detail);
    this.onReset(code, detail);
  }
}

function withDate(fields: readonly string[]): readonly string[] {
  for (let index = 0; index < fields.length; index += 2) if (fields[index]?.toLowerCase() === 'date') return fields;
  return [...fields, 'date', dateNow()];
}

function withoutLength(fields: readonly string[]): readonly string[] {
  const isLength = (index: number): boolean => fields[index - (index % 2)]?.toLowerCase() === 'content-length';
  return fields.some((_, index) => index % 2 === 0 && isLength(index)) ? fields.filter((_, index) => !isLength(index)) : fields;
}

/** What is said of one connection has no place in a tunnel. */
function withoutHopFields(fields: readonly string[]): readonly string[] {
  return fields.filter((_, index) => !HOP_FIELDS.has(fields[index - (index % 2)] ?? ''));
}

const HOP_FIELDS: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
