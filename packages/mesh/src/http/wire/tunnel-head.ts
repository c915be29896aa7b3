import { Readable } from 'node:stream';
import { encodeRequestHead } from './head-block.ts';
import type { MeshRequest } from '../message.ts';

/** A request's head for a tunnel, and how many bytes its stream must have, where it said so. */
export interface TunnelHead {
  readonly block: string;
  readonly declared: number | undefined;
  /** Whether it asks for another protocol (RFC 9110 section 7.8), which no tunnel carries. */
  readonly asksForUpgrade: boolean;
}

/** Methods of requests that mostly have no body: without one they say nothing of a length (RFC 9110 section 8.6). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * What is left out: what is said of one connection (RFC 9110 section 7.6.1), what frames say in its place, and what is said of
 * the body, which is made anew.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/** The head of a request as it goes over a tunnel. @throws TypeError for what HTTP cannot carry */
export function tunnelHead({ service, method, path, headers, body }: MeshRequest): TunnelHead {
  let fields: string[] = [];
  let hasHost = false;
  let declared: number | undefined;
  let connection: string | undefined;
  let asksForUpgrade = method === 'CONNECT';
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase();
    const value = headers[index + 1] ?? '';
    if (LEFT_OUT.has(name)) {
      if (name === 'content-length') declared = lengthOf(value);
      if (name === 'upgrade') asksForUpgrade = true;
      if (name === 'connection') connection = connection === undefined ? value : `${connection},${value}`;
    } else if (name === 'te') {
      // The one thing that it may say between two hops that have no transfer codings (RFC 9113 section 8.2.2).
      if (/(?:^|,)\s*trailers\s*(?:,|$)/i.test(value)) fields.push(name, 'trailers');
    } else if (name !== 'host' || !hasHost) {
      hasHost ||= name === 'host';
      fields.push(name, value);
    }
  }
  if (connection !== undefined) fields = withoutNamed(fields, connection);
  if (!hasHost) fields.push('host', service);
  if (!(body instanceof Readable)) {
    declared = undefined;
    const length = body?.length ?? 0;
    if (length > 0 || !BODILESS.has(method)) fields.push('content-length', String(length));
  } else if (declared !== undefined) fields.push('content-length', String(declared));
  return { block: encodeRequestHead(method, path, fields), declared, asksForUpgrade };
}

/** What `Connection` names is for the next hop alone. It names `te` where that asks for trailers, which frames carry anyway. */
function withoutNamed(fields: readonly string[], connection: string): string[] {
  const named = new Set(connection.split(',').map((option) => option.trim().toLowerCase()));
  named.delete('te');
  named.delete('host');
  return fields.filter((_, index) => !named.has(fields[index - (index % 2)] ?? ''));
}

/** @returns undefined for what is no length: its end is then told by the last frame alone */
function lengthOf(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
