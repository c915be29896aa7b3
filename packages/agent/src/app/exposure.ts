import { readFile } from 'node:fs/promises';

/** `/proc/net/tcp` writes LISTEN so (Linux, include/net/tcp_states.h). */
const LISTEN = '0A';

/**
 * Where beyond loopback something listens on a port: whoever reaches that address reaches the app past the mesh.
 *
 * @returns addresses, as people write them; undefined where this system does not tell
 */
export async function exposedAddresses(
  port: number,
  read: (path: string) => Promise<string> = readText,
): Promise<readonly string[] | undefined> {
  const tables = await Promise.all([read('/proc/net/tcp').catch(() => undefined), read('/proc/net/tcp6').catch(() => undefined)]);
  if (tables[0] === undefined) return undefined;
  const listening = tables.flatMap((table) => listeningAddresses(table ?? '', port));
  return [...new Set(listening)].filter((address) => !isLoopback(address));
}

/**
 * Reads the form of proc(5): per line `sl local_address rem_address st …`, an address in hexadecimal, host byte order by
 * words of 32 bits.
 */
function listeningAddresses(table: string, port: number): string[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === LISTEN)
    .map((columns) => /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(columns[1] ?? ''))
    .filter((match) => Number.parseInt(match?.[2] ?? '', 16) === port)
    .map((match) => addressOf(match?.[1] ?? ''));
}

function addressOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => [...Buffer.from(word, 'hex').reverse()]) ?? [];
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // The URL parser knows the one short spelling (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}
