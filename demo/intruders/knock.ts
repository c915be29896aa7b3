import { connect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { presentedChain } from '@themis-mesh/channel';
import type { Endpoint } from '@themis-mesh/core';

/** A private key and a chain to present, in PEM. */
export interface Papers {
  readonly key: string;
  readonly chain: string;
}

export interface Knock {
  /** The address that the other side saw. */
  readonly from: string;
  /** The certificates that the other side presented, in DER. */
  readonly chain: readonly Uint8Array[];
  /** All that it sent. */
  readonly answer: string;
}

/**
 * Does what a stock TLS client does that checks nothing: connects with what papers it has, sends an HTTP request, and reads.
 *
 * @throws Error where the connection could not be made
 */
export async function knock({ host, port }: Endpoint, { key, chain }: Papers): Promise<Knock> {
  const socket = connect({ host, port, key, cert: chain, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], timeout: 5000 });
  socket.once('timeout', () => socket.destroy(new Error('no answer for 5 s')));
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const from = `${socket.localAddress}:${socket.localPort}`;
  const presented = presentedChain(socket);
  socket.end('GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n');
  return { from, chain: presented, answer: await text(socket) };
}

/** The reason in an answer that refuses; undefined for any other answer. */
export function refusalIn(answer: string): string | undefined {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  if (!head.startsWith('HTTP/1.1 403 ')) return undefined;
  return (JSON.parse(body) as { readonly refusal?: string }).refusal;
}
