import type { ServerOptions } from 'node:http';
import type { StreamReceiver } from '@themis-mesh/channel';
import { MeshServer, type ServerGround } from './mesh-server.ts';
import type { NodeExchangeOptions } from './node-exchange.ts';

/** A request that came over a tunnel: its head was read, its body comes to the receiver. */
export type TunnelRequest = NodeExchangeOptions;

/** Serves a request that came over a tunnel. May not throw. @returns takes what comes of it; the answer goes to its stream */
export type StreamHandler = (request: TunnelRequest) => StreamReceiver;

/**
 * A server that hands on what comes over tunnels as it comes, for a proxy: nothing of `node:http` is made for it. What comes over
 * HTTP/1.1, from stock clients, goes to the listeners of `request` and its kin as with every server.
 *
 * Whoever serves a stream fills in its entry of the log, and ends that.
 */
export class RelayServer extends MeshServer {
  readonly #onStream: StreamHandler;

  constructor(ground: ServerGround, options: ServerOptions, onStream: StreamHandler) {
    super(ground, options, undefined);
    this.#onStream = onStream;
  }

  protected override serveStream(request: TunnelRequest): StreamReceiver {
    const { channel, head, open } = request;
    open.port = channel.socket.localPort;
    open.requestId = head.requestId;
    open.traceparent = head.traceparent;
    return this.#onStream(request);
  }
}
