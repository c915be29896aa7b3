import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Guards } from './guards.ts';
import { listenOn } from './listen-on.ts';
import { splice } from './splice.ts';

export interface ForwardOptions {
  /** On loopback; 0 for any free one. */
  readonly port: number;
  /** Opens the way that a connection is forwarded over. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly guards: Guards;
  /** Hears why a connection went nowhere. */
  readonly onFailure: (error: unknown) => void;
}

/** A port of loopback whose connections lead to a service. Whoever can reach loopback can use it, as with any local port. */
export class Forward {
  readonly #server: Server;
  readonly #streams = new Set<Duplex>();
  readonly #closing = new AbortController();

  private constructor({ dial, onFailure, guards }: Omit<ForwardOptions, 'port'>) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#keep(socket);
      dial(this.#closing.signal).then(
        (far) => splice(socket, this.#keep(far)),
        (error: unknown) => {
          socket.resetAndDestroy();
          if (!this.#closing.signal.aborted) onFailure(error);
        },
      );
    });
    guards.bytes(this.#server, 'forward');
  }

  /** @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID */
  static async listen({ port, ...options }: ForwardOptions): Promise<Forward> {
    const forward = new Forward(options);
    await listenOn(forward.#server, { host: '127.0.0.1', port });
    return forward;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const stream of this.#streams) stream.destroy();
    await closed;
  }

  #keep(stream: Duplex): Duplex {
    this.#streams.add(stream);
    stream.on('error', () => undefined);
    stream.once('close', () => this.#streams.delete(stream));
    return stream;
  }
}
