/**
 * What a channel carries, by its ALPN name. On the names of ours the accepter's first bytes are its {@link Answer};
 * on plain `http/1.1` and `h2`, for stock clients, a refusal is told in the words of that protocol.
 */
export type Protocol = 'themis/1' | 'themis-http/1' | 'themis-h2/1' | 'themis-tcp/1' | 'h2' | 'http/1.1';

export function hasAnswer(protocol: Protocol): boolean {
  return protocol !== 'http/1.1' && protocol !== 'h2';
}

/**
 * The protocol agreed in a handshake. A client that sends no ALPN at all speaks HTTP/1.1 (RFC 9112 over TLS without
 * RFC 7301); one that sends only unknown names never gets so far, because OpenSSL ends the handshake.
 */
export function agreedProtocol(alpn: string | false | null | undefined, offered: readonly Protocol[]): Protocol | undefined {
  const name = typeof alpn === 'string' ? alpn : 'http/1.1';
  return offered.find((protocol) => protocol === name);
}
