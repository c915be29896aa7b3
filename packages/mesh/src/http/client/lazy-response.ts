import { Readable } from 'node:stream';
import type { MeshResponse } from '../message.ts';

/** Statuses whose responses have no body (WHATWG Fetch section 2.2.3). */
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/**
 * A `Response` (WHATWG Fetch section 5.5) over an answer of the mesh. What reads the whole body reads the answer itself;
 * `headers`, and what needs streams or copies, are made by the global classes when they are asked for. Node loads those
 * lazily, which takes longer than a call, and runs them at twice the cost of the rest of it.
 */
export class LazyResponse implements Response {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly type = 'default';
  readonly #answer: MeshResponse;
  /** Whether it is of a kind that has no body; a body may be empty all the same. */
  readonly #isEmpty: boolean;
  #headers: Headers | undefined;
  #isUsed = false;
  #isWatched = false;
  /** Made for what is not done here; the message is then read by it alone. */
  #whole: Response | undefined;

  constructor(answer: MeshResponse, url: string, method: string, redirected: boolean) {
    this.#answer = answer;
    this.status = answer.status;
    this.statusText = answer.statusText;
    this.url = url;
    this.redirected = redirected;
    this.#isEmpty = NO_BODY.has(this.status) || method === 'HEAD';
    if (this.#isEmpty) {
      if (!answer.complete) void answer.collect().catch(() => undefined);
    } else if (!answer.complete) {
      this.#isWatched = true;
      UNREAD.register(this, answer, this);
    }
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#answer.rawHeaders);
    return this.#headers;
  }

  get body(): Response['body'] {
    return this.#isEmpty ? null : this.#asWhole().body;
  }

  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? this.#isUsed;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read().then(copyOf);
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  text(): Promise<string> {
    return this.#read().then((bytes) => UTF_8.decode(bytes));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  blob(): ReturnType<Response['blob']> {
    return this.#asWhole().blob();
  }

  formData(): ReturnType<Response['formData']> {
    return this.#asWhole().formData();
  }

  textStream(): ReturnType<Response['textStream']> {
    return this.#asWhole().textStream();
  }

  clone(): Response {
    return this.#asWhole().clone();
  }

  #read(): Promise<Buffer> {
    if (this.#whole !== undefined) return this.#whole.arrayBuffer().then((bytes) => Buffer.from(bytes));
    if (this.#isUsed) return Promise.reject(new TypeError('Body is unusable: Body has already been read'));
    this.#isUsed = true;
    this.#unwatch();
    return this.#isEmpty ? Promise.resolve(Buffer.alloc(0)) : this.#answer.collect();
  }

  #unwatch(): void {
    if (this.#isWatched) UNREAD.unregister(this);
  }

  #asWhole(): Response {
    if (this.#whole !== undefined) return this.#whole;
    if (this.#isUsed) throw new TypeError('Body is unusable: Body has already been read');
    const body = this.#isEmpty ? null : (Readable.toWeb(this.#answer.message) as ConstructorParameters<typeof Response>[0]);
    this.#unwatch();
    this.#whole = new Response(body, { status: this.status, statusText: this.statusText, headers: this.headers });
    return this.#whole;
  }
}

// `instanceof Response` holds, and asks for the global class only when somebody asks that.
Object.setPrototypeOf(LazyResponse.prototype, new Proxy({}, { getPrototypeOf: () => Response.prototype }));

// Every promise asks what it is resolved with whether it is one, too; the answer is not to be sought through the proxy.
Object.defineProperty(LazyResponse.prototype, 'then', { value: undefined });

/**
 * Lets go of the connections of responses whose bodies nobody will read, because nobody holds them any more. A caller that
 * looks at the status alone would keep one connection a call otherwise.
 */
const UNREAD: FinalizationRegistry<MeshResponse> = new FinalizationRegistry((answer) => answer.discard());

const UTF_8 = new TextDecoder();

function copyOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  return headers;
}
