import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock, type Channel, type Clock, type Protocol } from '@themis-mesh/channel';
import type { Http2Listener, JoinOptions, Mesh, MeshHttp2Server } from '@themis-mesh/mesh';
import { waitFor } from '@themis-mesh/testkit';
import { createMeshHttp2Server } from '../../src/http2/mesh-http2-server.ts';
import { TestHome } from '../test-home.ts';
import { framesIn, type Frame } from './frames.ts';

/** A home with the services `web` and `payments`, of which the second serves HTTP/2. */
export interface Http2Bed extends AsyncDisposable {
  readonly home: TestHome;
  readonly payments: Mesh;
  readonly server: MeshHttp2Server;
  readonly port: number;
  /** Every refusal that `payments` told of. */
  readonly refusals: readonly string[];
  /** A session of `web`. */
  session(): Promise<ClientHttp2Session>;
  /** A connection of `web`, on which a test writes what it likes. */
  raw(protocol?: Protocol): Promise<RawCaller>;
}

export interface RawCaller {
  readonly channel: Channel;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  /** Writes, and waits until it is on its way. */
  say(bytes: Buffer): Promise<void>;
  /** The frames that came so far. */
  heard(): readonly Frame[];
}

export async function openHttp2Bed(
  listener: Http2Listener | undefined,
  options: ServerOptions = {},
  joined: Partial<JoinOptions> = {},
  clock: Clock = systemClock,
): Promise<Http2Bed> {
  const home = await TestHome.create('web', 'payments');
  const payments = await home.join('payments', joined);
  const refusals: string[] = [];
  payments.events.on('refused', ({ refusal }) => refusals.push(refusal.code));
  const server = createMeshHttp2Server(payments.channels.serving, options, listener, clock);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ home, payments, server, port, refusals },
    session: async () => sessionOver(await home.channel('web', port, 'themis-h2/1')),
    raw: async (protocol = 'themis-h2/1') => rawCaller(await home.channel('web', port, protocol)),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

export function sessionOver({ socket }: Channel): ClientHttp2Session {
  const session = connect('http://payments', { createConnection: () => socket });
  session.on('error', () => undefined);
  return session;
}

/** What a GET answers; nothing where it was not sent, because the session is over. */
export async function get(session: ClientHttp2Session, path: string): Promise<string> {
  if (session.closed || session.destroyed) return '';
  const stream = session.request({ ':path': path });
  let isAnswered = false;
  stream.once('response', () => (isAnswered = true));
  return text(stream).catch((error: unknown) => {
    if (isAnswered) throw error;
    return '';
  });
}

/** How many connections a server has open. */
export function openConnections(server: MeshHttp2Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** Waits until a server has let go of every connection. */
export async function allClosed(server: MeshHttp2Server, deadline?: number): Promise<void> {
  await waitFor(async () => (await openConnections(server)) === 0, 'the end of all connections', deadline);
}

function rawCaller(channel: Channel): RawCaller {
  let bytes = Buffer.alloc(0);
  channel.socket.on('data', (some: Buffer) => (bytes = Buffer.concat([bytes, some])));
  return {
    channel,
    closed: new Promise((resolve) => channel.socket.once('close', () => resolve())),
    heard: () => framesIn(bytes),
    say: (some) =>
      new Promise((resolve) => {
        // It may be cut while this is written, which is what most of these tests are about.
        channel.socket.write(some, () => {
          resolve();
        });
      }),
  };
}
