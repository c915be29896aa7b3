import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { isDialableHost, ThemisError, type Address } from '@themis-mesh/core';

/** Where a door is opened, and looked for, where nothing else is said. */
export const DOOR_PORT = 7117;

/** `host:port` or `[address]:port`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const [, literal, name, digits] = match ?? [];
  const host = literal ?? name;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** An address that others can dial; without a port, of a door. @throws ThemisError THEMIS_USAGE */
export function requireDialable(text: string): Address {
  const hasPort = /^\[.*\]:\d+$/.test(text) || /^[^:]*:\d+$/.test(text);
  const bare = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const address = parseAddress(hasPort ? text : `${bare}:${DOOR_PORT}`);
  if (address !== undefined && isDialableHost(address.host)) return address;
  throw new ThemisError('THEMIS_USAGE', `${text} is no HOST:PORT that another machine can dial`);
}

/** Where a door is opened: all addresses where nothing is said. Port 0: any free one. @throws ThemisError THEMIS_USAGE */
export function listenAddress(text: string): Address {
  if (text === '') return { host: '0.0.0.0', port: DOOR_PORT };
  const [, literal, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+|localhost)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [literal ?? name, Number(digits)];
  if (host !== undefined && (host === 'localhost' || isIP(host) !== 0) && port <= 65_535) return { host, port };
  throw new ThemisError('THEMIS_USAGE', `--listen takes HOST:PORT with an address of this machine, not ${text}`);
}

/** The addresses by which other machines may know this one. @param interfaces as `os.networkInterfaces` gives them */
export function ownAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly Address[] {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? []);
  const outward = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80') && isDialableHost(address));
  return outward.slice(0, 8).map(({ address }) => ({ host: address, port: DOOR_PORT }));
}

export function showAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
