import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '@themis-mesh/core';

export type Direction = 'to-accepter' | 'to-dialler';

export interface RelayOptions {
  /** After how many bytes, in which direction, the connection is cut; those before it are passed on. */
  readonly cut?: { readonly direction: Direction; readonly after: number; readonly how: 'end' | 'reset' };
  /** Whether what the dialler sends is kept back until {@link Relay.release}. */
  readonly hold?: boolean;
}

interface RelayParts {
  readonly sockets: Set<Socket>;
  readonly passed: Record<Direction, number>;
  readonly release: () => void;
}

/** Stands between a dialler and an accepter, as the network does. */
export class Relay implements AsyncDisposable {
  readonly address: Address;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #release: () => void;
  readonly #passed: Record<Direction, number>;

  private constructor(server: Server, port: number, rest: RelayParts) {
    this.#server = server;
    this.#sockets = rest.sockets;
    this.#passed = rest.passed;
    this.#release = rest.release;
    this.address = { host: '127.0.0.1', port };
  }

  static async open(to: Address, { cut, hold = false }: RelayOptions = {}): Promise<Relay> {
    const sockets = new Set<Socket>();
    const passed = { 'to-accepter': 0, 'to-dialler': 0 };
    const gate = Promise.withResolvers<undefined>();
    if (!hold) gate.resolve(undefined);
    const server = createServer({ noDelay: true }, (near) => {
      const far = connect({ ...to, noDelay: true });
      const both = [near, far];
      const finish = (): void => {
        for (const socket of both) {
          if (cut?.how === 'reset') socket.resetAndDestroy();
          else socket.destroy();
        }
      };
      const pass = (from: Socket, into: Socket, direction: Direction): void => {
        from.on('data', (bytes: Buffer) => {
          const room = cut?.direction === direction ? cut.after - passed[direction] : Infinity;
          const some = bytes.subarray(0, room);
          passed[direction] += some.length;
          into.write(some, () => {
            if (some.length >= room) finish();
          });
        });
      };
      for (const socket of both) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          for (const other of both) other.destroy();
        });
      }
      void gate.promise.then(() => {
        pass(near, far, 'to-accepter');
      });
      pass(far, near, 'to-dialler');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new TypeError('a relay listens on a port');
    const release = (): void => {
      gate.resolve(undefined);
    };
    return new Relay(server, address.port, { sockets, passed, release });
  }

  /** How many bytes went each way, over all connections. */
  get passed(): Readonly<Record<Direction, number>> {
    return this.#passed;
  }

  release(): void {
    this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
