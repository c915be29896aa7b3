import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { TargetName } from '@themis-mesh/core';
import { MESH_SUFFIX, type Mesh } from '@themis-mesh/mesh';
import { MeshUpstream } from '../http/mesh-upstream.ts';
import type { Onward } from '../http/relay.ts';
import { serve, STRICT } from '../http/serve.ts';
import { CallerConnection, type CallerRouter } from '../http1/caller-connection.ts';
import { handOverTo } from '../http1/hand-over.ts';
import { valueOf } from '../http1/onward.ts';
import type { Guards } from '../tcp/guards.ts';
import { listenOn } from '../tcp/listen-on.ts';
import { OpenSockets } from '../tcp/open-sockets.ts';
import { refuseOtherOrigin } from './other-origin.ts';
import { asksForUpgrade } from './proxy-router.ts';

export interface HttpForwardOptions {
  /** On loopback; 0 for any free one. */
  readonly port: number;
  readonly service: TargetName;
  readonly mesh: Pick<Mesh, 'send'>;
  readonly guards: Guards;
}

/**
 * A port of loopback on which a service of the mesh answers in HTTP/1.1: each request goes to whichever instance is well, with
 * the host that its caller wrote. Whoever can reach loopback can use it, as with any local port.
 */
export class HttpForward {
  readonly #server: Server;
  /** Takes the connections that are to speak another protocol. It listens nowhere. */
  readonly #others: HttpServer;
  readonly #sockets: OpenSockets;

  private constructor({ service, mesh, guards }: Omit<HttpForwardOptions, 'port'>) {
    const upstream = new MeshUpstream(mesh, service);
    const host = `${service}${MESH_SUFFIX}`;
    this.#others = createHttpServer(STRICT);
    serve(this.#others, { form: 'origin', route: (request) => onwardTo(upstream, request, host) });
    const router: CallerRouter = {
      forms: 'origin',
      route: (head) => {
        refuseOtherOrigin(valueOf(head, 'sec-fetch-site'));
        return asksForUpgrade(head) ? 'elsewhere' : { service, path: head.target, host: head.host ?? host };
      },
    };
    const handOver = handOverTo(this.#others);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      new CallerConnection(socket, { router, send: (request) => mesh.send(request), handOver, watch });
    });
    this.#sockets = new OpenSockets(this.#server);
    guards.bytes(this.#server, 'forward');
    guards.messages(this.#others);
    const watch = guards.connections(this.#server);
  }

  /** @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID */
  static async listen({ port, ...options }: HttpForwardOptions): Promise<HttpForward> {
    const forward = new HttpForward(options);
    await listenOn(forward.#server, { host: '127.0.0.1', port });
    return forward;
  }

  get port(): number {
    // It listens on a port from the moment on in which it can be had.
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#sockets.destroy();
    this.#others.close();
    await closed;
  }
}

/** A caller of HTTP/1.0 may say no host. */
function onwardTo(upstream: MeshUpstream, { url = '/', headers }: IncomingMessage, host: string): Onward {
  return { upstream, path: url, identity: [], ...(headers.host === undefined ? { host } : {}) };
}
