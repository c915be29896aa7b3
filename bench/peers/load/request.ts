import type { Entry } from '../contenders/contender.ts';

/** The bytes of a GET to an entry. @param more headers of this request alone */
export function requestText({ prefix, headers }: Entry, path: string, more: Readonly<Record<string, string>> = {}): string {
  const fields = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${prefix}${path} HTTP/1.1\r\n${fields.join('')}\r\n`;
}
