/** What a {@link reply} is made of besides its body. */
export interface ReplyInit {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer as it is sent, without a detour over `Response`. */
export interface ReplyParts {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: Buffer | undefined;
}

/** Statuses whose responses have no body (WHATWG Fetch section 2.2.3). */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A `Response` whose bytes are there, for handlers of {@link Mesh.createFetchServer}: it is sent without making what nobody
 * looks at. All of `Response` is there when it is asked for.
 *
 * @throws RangeError for a status that no response has; TypeError for a body that the status forbids
 */
export function reply(body?: string | Uint8Array | null, init: ReplyInit = {}): Response {
  return new Reply(body ?? null, init);
}

/** The body as JSON, with its type. */
export function replyJson(value: unknown, init: ReplyInit = {}): Response {
  return new Reply(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}

/** @returns undefined for a response that was made by others, or that somebody has looked into */
export function partsOf(response: Response): ReplyParts | undefined {
  return response instanceof Reply ? response.parts : undefined;
}

class Reply implements Response {
  readonly type = 'default';
  readonly url = '';
  readonly redirected = false;
  readonly status: number;
  readonly statusText: string;
  readonly #body: string | Uint8Array | null;
  readonly #headers: Readonly<Record<string, string>>;
  /** Made when somebody looks; from then on it is what counts. */
  #whole: Response | undefined;

  constructor(body: string | Uint8Array | null, { status = 200, statusText = '', headers = {} }: ReplyInit) {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`status ${status}: 200 to 599`);
    if (body !== null && NO_BODY.has(status)) throw new TypeError(`status ${status} has no body`);
    this.status = status;
    this.statusText = statusText;
    this.#body = body;
    this.#headers = headers;
  }

  get parts(): ReplyParts | undefined {
    if (this.#whole !== undefined) return undefined;
    const body = this.#body;
    const fields: string[] = [];
    let isTyped = false;
    for (const name in this.#headers) {
      fields.push(name, this.#headers[name] ?? '');
      if (name.length === 12 && name.toLowerCase() === 'content-type') isTyped = true;
    }
    if (!isTyped && typeof body === 'string') fields.push('content-type', 'text/plain;charset=UTF-8');
    return { status: this.status, statusText: this.statusText, fields, body: bytesOf(body) };
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  get ok(): boolean {
    return this.status < 300;
  }

  get headers(): Headers {
    return this.#asWhole().headers;
  }

  get body(): Response['body'] {
    return this.#asWhole().body;
  }

  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? false;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#asWhole().arrayBuffer();
  }

  bytes(): ReturnType<Response['bytes']> {
    return this.#asWhole().bytes();
  }

  text(): Promise<string> {
    return this.#asWhole().text();
  }

  json(): Promise<unknown> {
    return this.#asWhole().json();
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

  #asWhole(): Response {
    const body = this.#body;
    this.#whole ??= new Response(typeof body === 'string' ? body : body && new Uint8Array(body), {
      status: this.status,
      statusText: this.statusText,
      headers: this.#headers,
    });
    return this.#whole;
  }
}

// `instanceof Response` holds, and asks for the global class only when somebody asks that.
Object.setPrototypeOf(Reply.prototype, new Proxy({}, { getPrototypeOf: () => Response.prototype }));

// Every promise asks what it is resolved with whether it is one, too; the answer is not to be sought through the proxy.
Object.defineProperty(Reply.prototype, 'then', { value: undefined });

function bytesOf(body: string | Uint8Array | null): Buffer | undefined {
  if (body === null) return undefined;
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
