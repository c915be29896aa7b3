import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { destinationOf, destinationOfText, type Destination } from './destination.ts';

/** A request in the form in which it is sent. */
export interface OutgoingRequest {
  readonly to: Destination;
  readonly method: string;
  /** Names in lower case and values in turn. */
  readonly headers: readonly string[];
  /** Bytes can be sent again; a stream only once. */
  readonly body: Buffer | Readable | undefined;
  readonly signal: AbortSignal | undefined;
  readonly redirect: Request['redirect'];
}

/** Methods that `fetch` knows in any case (WHATWG Fetch section 2.2.1), and which need no further reading. */
const PLAIN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/**
 * Reads the arguments of `fetch` by the rules of `fetch` (WHATWG Fetch section 5.4), whose own classes do it; a simple call
 * is read without them, because to load and to run them costs more than the call.
 *
 * @throws TypeError as `new Request` does; ThemisError `THEMIS_NAME_INVALID`
 */
export function readRequest(input: string | URL | Request, init?: RequestInit): OutgoingRequest {
  const simple = init === undefined ? readGet(input) : readSimple(input, init);
  return simple ?? readByFetch(input, init ?? {});
}

const NONE: readonly string[] = [];

function readGet(input: string | URL | Request): OutgoingRequest | undefined {
  if (typeof input !== 'string' && !(input instanceof URL)) return undefined;
  const to = destinationOfText(typeof input === 'string' ? input : input.href);
  return to && { to, method: 'GET', headers: NONE, body: undefined, signal: undefined, redirect: 'follow' };
}

function readSimple(input: string | URL | Request, init: RequestInit): OutgoingRequest | undefined {
  const { method = 'GET', headers = {}, body, signal = null, ...others } = init;
  if (typeof input !== 'string' && !(input instanceof URL)) return undefined;
  const isPlain = Object.keys(others).length === 0 && PLAIN_METHODS.has(method);
  if (!isPlain || !isRecord(headers) || !(body === undefined || typeof body === 'string')) return undefined;
  const mayHaveBody = method !== 'GET' && method !== 'HEAD';
  if (body !== undefined && !mayHaveBody) return undefined;
  const to = destinationOfText(typeof input === 'string' ? input : input.href);
  if (to === undefined) return undefined;
  const fields = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  const common = { to, method, signal: signal ?? undefined, redirect: 'follow' } as const;
  if (body === undefined) return { ...common, headers: fields, body };
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const typed = isTyped ? fields : [...fields, 'content-type', 'text/plain;charset=UTF-8'];
  return { ...common, headers: typed, body: Buffer.from(body) };
}

/** A plain object of strings, as opposed to `Headers`, pairs, and values that `fetch` would turn into strings. */
function isRecord(headers: NonNullable<RequestInit['headers']>): headers is Record<string, string> {
  if (Object.getPrototypeOf(headers) !== Object.prototype) return false;
  return Object.values(headers).every((value) => typeof value === 'string');
}

function readByFetch(input: string | URL | Request, init: RequestInit): OutgoingRequest {
  const plain = plainBody(init.body);
  const request = new Request(input, init);
  if (request.integrity !== '') throw new TypeError('integrity is not checked here, so it cannot be asked for');
  return {
    to: destinationOf(new URL(request.url)),
    method: request.method,
    headers: [...request.headers].flat(),
    body: plain ?? streamOf(request.body),
    signal: request.signal,
    redirect: request.redirect,
  };
}

/** Copies, as `fetch` does: what the caller writes into its bytes afterwards is not sent. */
function plainBody(body: unknown): Buffer | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof ArrayBuffer) return Buffer.from(new Uint8Array(body));
  if (ArrayBuffer.isView(body)) return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  return undefined;
}

function streamOf(body: unknown): Readable | undefined {
  return body === null || body === undefined ? undefined : Readable.fromWeb(body as ReadableStream<Uint8Array>);
}
