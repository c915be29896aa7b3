import { isDialableHost, type Address } from '@themis-mesh/core';

/** Reads `HOST:PORT` or `[::1]:PORT` of somebody else. @returns undefined where it is none */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.toLowerCase());
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return isDialableHost(host) && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}
