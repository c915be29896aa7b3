/** A row of the comparison, and what it is held to. */
export interface CatalogEntry {
  readonly name: string;
  /** Its file below `contenders/`. */
  readonly file: string;
  /** In requests/s against plain HTTP of the same Node.js, by requests in flight. None for plain HTTP itself. */
  readonly bounds: Readonly<Partial<Record<number, number>>> | undefined;
}

/** Everybody who runs. Plain HTTP is the first: what the others are divided by. */
export const CATALOG: readonly CatalogEntry[] = [
  { name: 'undici.request to node:http, plain', file: 'undici.ts', bounds: undefined },
  { name: 'mesh.fetch to a node:http handler', file: 'mesh-fetch.ts', bounds: { 1: 0.9, 16: 1.2, 64: 1.5 } },
  { name: "mesh.fetch to a handler of fetch's shape", file: 'mesh-fetch-both.ts', bounds: { 1: 0.9, 16: 1.2, 64: 1.5 } },
  { name: "mesh.send to a handler of fetch's shape", file: 'mesh-send.ts', bounds: { 1: 1, 16: 2, 64: 3 } },
];
