import { isIP } from 'node:net';

/** Where something listens. Port 0: any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, `[::1]:PORT`, or a port alone, which is one of loopback. @returns undefined where it is none */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '').toLowerCase();
  const port = Number(match[2]);
  const isHost = isIP(host) !== 0 || host === 'localhost';
  return isHost && port <= 65_535 ? { host, port } : undefined;
}

export function showListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
