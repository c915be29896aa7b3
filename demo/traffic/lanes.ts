import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { exchangeLines } from '../../examples/shop/exchange-lines.ts';
import type { Lane } from './lane.ts';
import { type PlainClient } from './plain-http.ts';
import { bodyOf, digestOf, requireDigest, requireEntry, requireOk, requireReceipt } from './proof.ts';

/** Where the shop is reached from outside the mesh, on loopback. */
export interface Doors {
  /** The front of `web`, for customers. */
  readonly front: number;
  /** The plain port of `courier`, which runs errands. */
  readonly courier: number;
  /** A port of the courier's sidecar that leads to `ledger`. */
  readonly forward: number;
}

export interface LanesOptions {
  readonly doors: Doors;
  readonly client: PlainClient;
  readonly hasCurl: boolean;
}

/** How many products and invoices the example has. */
const FILES = 8;

/** Traffic in all directions, of all kinds. */
export async function makeLanes({ doors, client, hasCurl }: LanesOptions): Promise<readonly Lane[]> {
  const products = await digestsOf('catalog/products', 'json');
  const invoices = await digestsOf('files/invoices', 'txt');
  const errand = async (of: 'curl' | 'fetch', url: string, body?: string): Promise<string> => {
    const answer = requireOk(await client.ask(doors.courier, '/', JSON.stringify({ client: of, url, body })));
    const outcome = JSON.parse(answer.toString()) as { readonly status: number; readonly body: string };
    return requireOk({ status: outcome.status, body: Buffer.from(outcome.body) }).toString();
  };
  const curl = hasCurl ? 'curl' : 'fetch';
  return [
    {
      name: 'web → orders',
      about: 'in process → in process',
      perSecond: 25,
      run: async (id) => {
        const body = bodyOf(id);
        requireReceipt(requireOk(await client.ask(doors.front, '/orders', body)), body, 'web');
      },
    },
    {
      name: 'web → catalog',
      about: 'in process → sidecar',
      perSecond: 25,
      run: async (id) => {
        const [file, digest] = drawn(products, id);
        requireDigest(requireOk(await client.ask(doors.front, `/products/${file}?id=${encodeURIComponent(id)}`)), digest, file);
      },
    },
    {
      name: 'orders → files',
      about: 'in process → sidecar',
      perSecond: 12,
      run: async (id) => {
        const [file, digest] = drawn(invoices, id);
        requireDigest(requireOk(await client.ask(doors.front, `/invoices/${file}?id=${encodeURIComponent(id)}`)), digest, file);
      },
    },
    {
      name: 'web → ledger',
      about: 'in process → sidecar, raw TCP',
      perSecond: 8,
      run: async (id) => {
        const line = `put web ${id} ${digestOf(id)}`;
        const { lines } = JSON.parse(requireOk(await client.ask(doors.front, '/ledger', line)).toString()) as { lines: string[] };
        requireEntry(lines[0], id, line);
      },
    },
    {
      name: 'courier → web',
      about: `sidecar → in process, Node's fetch by the proxy`,
      perSecond: 12,
      run: async (id) => {
        const body = bodyOf(id);
        requireReceipt(await errand('fetch', 'http://web.mesh.internal/receipts', body), body, 'courier');
      },
    },
    {
      name: 'courier → orders',
      about: `sidecar → in process, ${curl} by the proxy`,
      perSecond: 3,
      run: async (id) => {
        const body = bodyOf(id);
        requireReceipt(await errand(curl, 'http://orders.mesh.internal/orders', body), body, 'courier');
      },
    },
    {
      name: 'courier → catalog',
      about: `sidecar → sidecar, ${curl} by the proxy`,
      perSecond: 3,
      run: async (id) => {
        const [file, digest] = drawn(products, id);
        const url = `http://catalog.mesh.internal/products/${file}?id=${encodeURIComponent(id)}`;
        requireDigest(await errand(curl, url), digest, file);
      },
    },
    {
      name: 'courier → ledger',
      about: 'sidecar → sidecar, raw TCP by a forward',
      perSecond: 8,
      run: async (id) => {
        const line = `put courier ${id} ${digestOf(id)}`;
        const socket = connect(doors.forward, '127.0.0.1');
        try {
          requireEntry((await exchangeLines(socket, [line]))[0], id, line);
        } finally {
          socket.destroy();
        }
      },
    },
  ];
}

type Named = readonly [file: string, digest: string];

/** The files that a program serves, and what they hold. */
function digestsOf(folder: string, ending: string): Promise<readonly Named[]> {
  const files = Array.from({ length: FILES }, (_, index) => `${index + 1}.${ending}`);
  return Promise.all(
    files.map(
      async (file) =>
        [file, digestOf(await readFile(new URL(`../../examples/shop/${folder}/${file}`, import.meta.url)))] as const,
    ),
  );
}

/** Requests take them in turn, so that an answer to another request is seen. */
function drawn(files: readonly Named[], id: string): Named {
  const number = Number(id.slice(id.lastIndexOf('-') + 1));
  const named = files[number % files.length];
  if (named === undefined) throw new TypeError('there are no files');
  return named;
}
