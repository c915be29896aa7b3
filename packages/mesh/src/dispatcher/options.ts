import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { requireServiceName } from '../find/mesh-name.ts';
import type { MeshRequest } from '../http/message.ts';

/** What undici asks a dispatcher for: of its options those that mean anything here. */
export interface DispatchOptions {
  readonly origin?: string | URL | null;
  readonly path: string;
  readonly method: string;
  readonly query?: Record<string, unknown> | null;
  readonly headers?: unknown;
  readonly body?: unknown;
  /** The protocol to upgrade to; `true` for whichever the headers name. */
  readonly upgrade?: boolean | string | null;
}

/** Fields about one connection, which are ours to write (RFC 9110 section 7.6.1). */
const HOP_FIELDS: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'expect', 'host']);

/**
 * A request in the form in which the mesh sends it.
 *
 * @throws ThemisError `THEMIS_NAME_INVALID` for an origin that is no service; TypeError for what no request can be made of
 */
export function requestOf(options: DispatchOptions): Omit<MeshRequest, 'signal'> {
  const { origin, path, method, query, upgrade } = options;
  const url = new URL(String(origin));
  const { body, type } = bodyOf(options.body);
  const given = fieldsOf(options.headers);
  const fields = [...withoutHop(given), ...(type !== undefined && !has(given, 'content-type') ? ['content-type', type] : [])];
  const protocol = upgrade === true ? valueOf(given, 'upgrade') : upgrade;
  if (typeof protocol === 'string' && protocol !== '') fields.push('connection', 'upgrade', 'upgrade', protocol);
  return {
    service: requireServiceName(url.hostname),
    method,
    path: query === undefined || query === null ? path : withQuery(path, query),
    headers: [...fields, 'host', valueOf(given, 'host') ?? url.host],
    body,
  };
}

function withQuery(path: string, query: Record<string, unknown>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) search.append(name, String(one));
  }
  return `${path}${path.includes('?') ? '&' : '?'}${search.toString()}`;
}

/** Headers in all the forms that undici takes: names and values in turn, pairs, an object with one value or several. */
function fieldsOf(headers: unknown): readonly string[] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers)) return (headers as readonly unknown[]).flat().map(textOf);
  if (typeof headers !== 'object') throw new TypeError('headers: an object or a list');
  const entries = isIterable(headers) ? [...(headers as Iterable<readonly [unknown, unknown]>)] : Object.entries(headers);
  return entries.flatMap(([name, value]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => one !== undefined).flatMap((one) => [textOf(name), textOf(one)]);
  });
}

/** A buffer holds the bytes of the wire. */
function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}

interface SentBody {
  readonly body: Buffer | Readable | undefined;
  /** The media type that follows from what it was. */
  readonly type: string | undefined;
}

function bodyOf(body: unknown): SentBody {
  if (body === undefined || body === null) return { body: undefined, type: undefined };
  if (typeof body === 'string') return { body: Buffer.from(body), type: undefined };
  if (ArrayBuffer.isView(body)) {
    return { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength), type: undefined };
  }
  if (body instanceof ArrayBuffer) return { body: Buffer.from(body), type: undefined };
  if (body instanceof Readable) return { body, type: undefined };
  if (body instanceof Blob || body instanceof FormData || body instanceof URLSearchParams) {
    const response = new Response(body);
    return { body: fromWeb(response.body), type: response.headers.get('content-type') ?? undefined };
  }
  if (isIterable(body)) return { body: Readable.from(body, { objectMode: false }), type: undefined };
  throw new TypeError('the body is of no kind that can be sent');
}

function fromWeb(stream: unknown): Readable | undefined {
  return stream === null ? undefined : Readable.fromWeb(stream as ReadableStream<Uint8Array>);
}

function isIterable(value: object): value is Iterable<unknown> | AsyncIterable<unknown> {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function withoutHop(fields: readonly string[]): string[] {
  return fields.filter((_, index) => !HOP_FIELDS.has((fields[index - (index % 2)] ?? '').toLowerCase()));
}

function valueOf(fields: readonly string[], name: string): string | undefined {
  const at = fields.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : fields[at + 1];
}

function has(fields: readonly string[], name: string): boolean {
  return valueOf(fields, name) !== undefined;
}
