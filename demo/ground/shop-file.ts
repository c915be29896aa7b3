import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Programs } from './programs.ts';

/** Ports of loopback on which the shop's programs listen, by the service. */
export interface Ports {
  /** The front of `web`. */
  readonly front: number;
  readonly catalog: number;
  readonly files: number;
  readonly ledger: number;
  readonly courier: number;
  /** Leads to `ledger`, through the sidecar of `courier`. */
  readonly forward: number;
}

/** The ports that examples/shop/themis.yaml names. */
const NAMED: Ports = { front: 7301, catalog: 7302, files: 7303, ledger: 7304, courier: 7305, forward: 7306 };

const EXAMPLE = new URL('../../examples/shop/themis.yaml', import.meta.url);

/** In which its commands are started. */
const SHOP_FOLDER: string = fileURLToPath(new URL('.', EXAMPLE));

/**
 * Writes the shop's themis.yaml for this machine: with ports that are free, and another program where Python is missing.
 *
 * @returns its path
 */
export async function writeShopFile(folder: string, ports: Ports, { python3 }: Programs): Promise<string> {
  let text = await readFile(EXAMPLE, 'utf8');
  for (const [name, port] of Object.entries(NAMED)) text = text.replaceAll(String(port), String(ports[name as keyof Ports]));
  if (!python3) text = text.replace(/python3 -m http\.server .*/, `sirv files --host 127.0.0.1 --port ${ports.files} --quiet`);
  text = text.replaceAll(/^( +)command:/gm, (line, indent: string) => `${indent}cwd: ${JSON.stringify(SHOP_FOLDER)}\n${line}`);
  const path = join(folder, 'themis.yaml');
  await writeFile(path, text);
  return path;
}

/** As many ports of loopback as the shop needs. Held until all are known, so that none is given twice. */
export async function findPorts(): Promise<Ports> {
  const servers = Object.keys(NAMED).map(() => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  // Each of them listens on a port.
  const free = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [front = 0, catalog = 0, files = 0, ledger = 0, courier = 0, forward = 0] = free;
  return { front, catalog, files, ledger, courier, forward };
}

/** Whether something listens on a port of loopback. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(true);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(false);
      });
    });
  });
}
