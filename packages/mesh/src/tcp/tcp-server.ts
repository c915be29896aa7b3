import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Peer } from '@themis-mesh/core';
import type { RequestLog } from '@themis-mesh/telemetry';
import { logRaw } from '../observe/log-raw.ts';
import { Binding } from '../world/binding.ts';
import type { Listen } from '../world/listening.ts';

/** Takes one connection. Whoever takes it ends it. */
export type ConnectionListener = (socket: Duplex, peer: Peer) => void;

/**
 * A server of raw byte streams, as `net.Server` is, whose every connection has a peer. As a socket of `node:net`, one ends its
 * own side with the other's, unless the listener sets `allowHalfOpen` on it.
 */
export class MeshTcpServer extends EventEmitter<{ listening: []; close: [] }> {
  readonly #binding: Binding;
  readonly #onConnection: ConnectionListener;
  readonly #requests: RequestLog;

  constructor(listen: Listen, onConnection: ConnectionListener, requests: RequestLog) {
    super();
    this.#binding = new Binding(listen);
    this.#onConnection = onConnection;
    this.#requests = requests;
  }

  address(): AddressInfo | null {
    return this.#binding.address ?? null;
  }

  /** @param port 0 for any free one. @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID`, `THEMIS_CLOSED` */
  async listen(port: number, host?: string): Promise<AddressInfo> {
    const address = await this.#binding.open(
      {
        protocols: ['themis-tcp/1'],
        port,
        host,
        onChannel: (channel) => {
          const { socket, peer } = channel;
          logRaw(this.#requests.inbound('tcp', peer), channel);
          this.#onConnection(socket, peer);
        },
      },
      () => this.emit('close'),
    );
    this.emit('listening');
    return address;
  }

  /** Takes no more connections, waits for those that are open, and cuts what is left after 10 seconds. */
  async close(): Promise<void> {
    await this.#binding.close();
  }
}
