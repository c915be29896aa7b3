import { createServer, type AddressInfo, type Server } from 'node:net';
import type { ByteStream, StreamReceiver } from '@themis-mesh/channel';
import { closeServer } from './close-server.ts';
import type { Guards } from './guards.ts';
import { listenOn } from './listen-on.ts';
import { OpenSockets } from './open-sockets.ts';
import { SocketStream } from './socket-stream.ts';

export interface ForwardOptions {
  /** On loopback; 0 for any free one. */
  readonly port: number;
  /** Opens the stream that a connection is forwarded over. */
  readonly open: (receiver: StreamReceiver, signal: AbortSignal) => Promise<ByteStream>;
  readonly guards: Guards;
  /** Hears why a connection went nowhere. */
  readonly onFailure: (error: unknown) => void;
}

/** A port of loopback whose connections lead to a service. Whoever can reach loopback can use it, as with any local port. */
export class Forward {
  readonly #server: Server;
  readonly #sockets: OpenSockets;
  readonly #closing = new AbortController();

  private constructor({ open, onFailure, guards }: Omit<ForwardOptions, 'port'>) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const joint = new SocketStream(socket);
      open(joint, this.#closing.signal).then(
        (stream) => void joint.join(stream),
        (error: unknown) => {
          socket.resetAndDestroy();
          if (!this.#closing.signal.aborted) onFailure(error);
        },
      );
    });
    this.#sockets = new OpenSockets(this.#server);
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
    const closed = closeServer(this.#server);
    this.#sockets.destroy();
    await closed;
  }
}
