import { isIPv6 } from 'node:net';
import { isDialableHost, type Address } from '@themis-mesh/core';

/** How many nodes a process knows of, at the most. */
const MOST_NODES = 64;

export const NODES_WANTED: string = `a list of 1 to ${MOST_NODES} addresses, such as 10.0.0.1:7400, or URLs of nodes`;

/** @returns undefined for what is no `HOST:PORT`; an IPv6 address stands in brackets */
export function parseNodeAddress(text: string): Address | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const [, bracketed, plain, digits] = parts ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !isDialableHost(host) || (bracketed !== undefined && !isIPv6(bracketed))) return undefined;
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** Whether a node is named by a URL: it is then asked by plain HTTP, and not over the channel. */
export function isUrl(node: string): boolean {
  return /^https?:\/\//.test(node) && URL.canParse(node);
}

/** Whether something is a list of nodes: of addresses, of URLs, or of both. */
export function isNodes(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MOST_NODES) return false;
  return value.every((node) => typeof node === 'string' && (isUrl(node) || parseNodeAddress(node) !== undefined));
}
