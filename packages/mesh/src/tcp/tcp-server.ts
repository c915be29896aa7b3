import type { Duplex } from 'node:stream';
import { TunnelDuplex, type Channel } from '@themis-mesh/channel';
import type { Peer } from '@themis-mesh/core';
import type { RequestLog } from '@themis-mesh/telemetry';
import { logRaw } from '../observe/log-raw.ts';
import type { Listen } from '../world/listening.ts';
import { MeshStreamServer } from './stream-server.ts';

/** Takes one connection. Whoever takes it ends it. */
export type ConnectionListener = (socket: Duplex, peer: Peer) => void;

/**
 * A server of raw byte streams, as `net.Server` is, whose every connection has a peer. As a socket of `node:net`, one ends its
 * own side with the other's, unless the listener sets `allowHalfOpen` on it.
 */
export class MeshTcpServer extends MeshStreamServer {
  readonly #onConnection: ConnectionListener;

  constructor(listen: Listen, onConnection: ConnectionListener, requests: RequestLog) {
    super(
      listen,
      (stream, peer) => {
        const duplex = quietDuplex().attach(stream);
        onConnection(duplex, peer);
        return duplex;
      },
      requests,
    );
    this.#onConnection = onConnection;
  }

  /** A channel of its own is a stream of Node already. */
  protected override takeChannel(channel: Channel): void {
    const { socket, peer } = channel;
    logRaw(this.requests.inbound('tcp', peer), channel);
    this.#onConnection(socket, peer);
  }
}

/** Whose errors nobody listens to does not end the process: the other side may break off whenever it likes. */
export function quietDuplex(): TunnelDuplex {
  const duplex = new TunnelDuplex();
  duplex.on('error', () => undefined);
  return duplex;
}
