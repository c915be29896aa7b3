import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Peer } from '@themis-mesh/core';
import type { Listen, Listening } from '../world/listening.ts';

/** Takes one connection. Whoever takes it ends it. */
export type ConnectionListener = (socket: Duplex, peer: Peer) => void;

/** A server of raw byte streams, as `net.Server` is, whose every connection has a peer. */
export class MeshTcpServer extends EventEmitter<{ listening: []; error: [Error]; close: [] }> {
  readonly #listen: Listen;
  readonly #onConnection: ConnectionListener;
  #listening: Listening | undefined;

  constructor(listen: Listen, onConnection: ConnectionListener) {
    super();
    this.#listen = listen;
    this.#onConnection = onConnection;
  }

  address(): AddressInfo | null {
    return this.#listening?.address ?? null;
  }

  /** @param port 0 for any free one. @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID` */
  async listen(port: number, host?: string): Promise<AddressInfo> {
    this.#listening = await this.#listen({
      protocols: ['themis-tcp/1'],
      port,
      host,
      onChannel: ({ socket, peer }) => {
        this.#onConnection(socket, peer);
      },
    });
    this.emit('listening');
    return this.#listening.address;
  }

  async close(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    await listening?.close();
    this.emit('close');
  }
}
