import { Readable } from 'node:stream';
import type { Peer } from '@themis-mesh/core';
import type { RequestDeadline } from '../../traffic/request-deadline.ts';
import { BodyStream } from '../wire/body-stream.ts';
import type { TunnelRequestHead } from '../wire/request-head.ts';
import type { StreamBody } from '../wire/stream-body.ts';

/** A request for a handler of {@link Mesh.createFetchServer}: a `Request` (WHATWG Fetch section 5.4) that says who calls. */
export interface MeshFetchRequest extends Request {
  /** Who calls. */
  readonly peer: Peer;
  /** Until when the caller waits for the answer, where it said so. */
  readonly deadline?: RequestDeadline | undefined;
  /** The first value of a header, without making `headers`. @param name in lower case */
  header(name: string): string | undefined;
}

/** Where a request's body comes from. */
export interface RequestSource {
  readonly head: TunnelRequestHead;
  readonly peer: Peer;
  readonly deadline: RequestDeadline | undefined;
  /** Undefined where there is none. */
  readonly body: StreamBody | undefined;
  /** Has a function called when the caller is gone before it has its answer. */
  onGone(gone: () => void): void;
}

/**
 * A `Request` over what came on a stream. What most handlers ask is at hand; `headers`, `signal`, and what needs streams or
 * copies, are made by the global classes when they are asked for, because to make them costs more than the rest of a call.
 */
export class LazyRequest implements MeshFetchRequest {
  readonly cache = 'default';
  readonly credentials = 'same-origin';
  readonly destination = '';
  readonly integrity = '';
  readonly keepalive = false;
  readonly mode = 'cors';
  readonly redirect = 'follow';
  readonly referrer = 'about:client';
  readonly referrerPolicy = '';
  readonly duplex = 'half';
  readonly #source: RequestSource;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  #url: string | undefined;
  #isUsed = false;
  /** Made for what is not done here; the body is then read by it alone. */
  #whole: Request | undefined;

  constructor(source: RequestSource) {
    this.#source = source;
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  get peer(): Peer {
    return this.#source.peer;
  }

  get deadline(): RequestDeadline | undefined {
    return this.#source.deadline;
  }

  get method(): string {
    return this.#source.head.method;
  }

  get url(): string {
    const { host, path } = this.#source.head;
    this.#url ??= `https://${host}${path}`;
    return this.#url;
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#source.head.fields);
    return this.#headers;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#source.onGone(() => controller.abort());
      this.#signal = controller.signal;
    }
    return this.#signal;
  }

  get body(): Request['body'] {
    return this.#source.body === undefined ? null : this.#asWhole().body;
  }

  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? this.#isUsed;
  }

  header(name: string): string | undefined {
    const { fields } = this.#source.head;
    for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return fields[index + 1];
    return undefined;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = await this.#read();
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async text(): Promise<string> {
    return UTF_8.decode(await this.#read());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  blob(): ReturnType<Request['blob']> {
    return this.#asWhole().blob();
  }

  formData(): ReturnType<Request['formData']> {
    return this.#asWhole().formData();
  }

  textStream(): ReturnType<Request['textStream']> {
    return this.#asWhole().textStream();
  }

  clone(): Request {
    return this.#asWhole().clone();
  }

  async #read(): Promise<Buffer> {
    if (this.#whole !== undefined) return Buffer.from(await this.#whole.arrayBuffer());
    if (this.#isUsed) throw new TypeError('Body is unusable: Body has already been read');
    const { body } = this.#source;
    if (body === undefined) return Buffer.alloc(0);
    this.#isUsed = true;
    return body.collect();
  }

  #asWhole(): Request {
    if (this.#whole !== undefined) return this.#whole;
    if (this.#isUsed) throw new TypeError('Body is unusable: Body has already been read');
    const { method, headers, signal } = this;
    const { body: source } = this.#source;
    const body = source === undefined ? null : (Readable.toWeb(new BodyStream(source)) as unknown as ReadableStream);
    this.#whole = new Request(this.url, { method, headers, signal, body, duplex: 'half' });
    return this.#whole;
  }
}

// `instanceof Request` holds, and asks for the global class only when somebody asks that.
Object.setPrototypeOf(LazyRequest.prototype, new Proxy({}, { getPrototypeOf: () => Request.prototype }));

const UTF_8 = new TextDecoder();

function headersOf(fields: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < fields.length; index += 2) headers.append(fields[index] ?? '', fields[index + 1] ?? '');
  return headers;
}
