import { decodeRequestHead, type RequestHead } from './head-block.ts';

/** A request as it came over a tunnel, of which what could be read in two ways was refused. */
export interface TunnelRequestHead extends RequestHead {
  readonly host: string;
  /** How many bytes the body has; undefined where only its end will tell. */
  readonly declared: number | undefined;
  readonly expects: string | undefined;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}

/** @returns what is wrong with it, as a string, for what is no request of one meaning */
export function readTunnelRequest(block: string, isEnd: boolean): TunnelRequestHead | string {
  const head = decodeRequestHead(block);
  if (head === undefined) return 'a head that is none';
  const { method, path, fields } = head;
  if (method === 'CONNECT') return 'CONNECT';
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) return 'a target that is not a path';
  let host: string | undefined;
  let declared: number | undefined = isEnd ? 0 : undefined;
  let isDeclared = false;
  let expects: string | undefined;
  let requestId: string | undefined;
  let traceparent: string | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index];
    const value = fields[index + 1] ?? '';
    if (name === 'host') {
      if (host !== undefined) return 'more than one host';
      host = value;
    } else if (name === 'content-length') {
      if (isDeclared || !/^\d{1,15}$/.test(value)) return 'more than one length, or none';
      isDeclared = true;
      if (isEnd && Number(value) !== 0) return 'a length without a body';
      declared = Number(value);
    } else if (name === 'expect') expects = value;
    else if (name === 'x-request-id') requestId = value;
    else if (name === 'traceparent') traceparent = value;
  }
  if (host === undefined) return 'no host';
  return { method, path, fields, host, declared, expects, requestId, traceparent };
}
