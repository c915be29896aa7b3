import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

/** The connections that a server has open, also those that it has let go of: tunnels and WebSockets. */
export class OpenSockets {
  readonly #sockets = new Set<Duplex>();

  /** @param server emits `connection` */
  constructor(server: EventEmitter) {
    server.on('connection', (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
