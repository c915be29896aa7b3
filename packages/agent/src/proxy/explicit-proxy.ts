import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ByteStream, StreamReceiver } from '@themis-mesh/channel';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { Mesh } from '@themis-mesh/mesh';
import { answerError, answerFault } from '../http/error-response.ts';
import { valuesOf } from '../http/fields.ts';
import { MeshUpstream } from '../http/mesh-upstream.ts';
import { lastResponse, type Onward } from '../http/relay.ts';
import { faultOf } from '../http/request-fault.ts';
import { serve, STRICT } from '../http/serve.ts';
import type { Upstream } from '../http/upstream.ts';
import { CallerConnection, type CallerRouter } from '../http1/caller-connection.ts';
import { handOverTo } from '../http1/hand-over.ts';
import { closeServer } from '../tcp/close-server.ts';
import type { Guards, Watched } from '../tcp/guards.ts';
import { listenOn } from '../tcp/listen-on.ts';
import { OpenSockets } from '../tcp/open-sockets.ts';
import { SocketStream } from '../tcp/socket-stream.ts';
import { splice } from '../tcp/splice.ts';
import type { ProxyCredential } from './credential.ts';
import type { Egress } from './egress.ts';
import { MESH_HTTP_PORT, ProxyRouter } from './proxy-router.ts';
import { ServiceRouter } from './service-router.ts';
import { parseAbsolute, parseTarget, type Target } from './target.ts';

export interface ExplicitProxyOptions {
  readonly credential: ProxyCredential;
  /** HTTP to services of the mesh. */
  readonly mesh: Pick<Mesh, 'send'>;
  /** Raw bytes to a service of the mesh. @throws ThemisError */
  readonly open: (service: TargetName, receiver: StreamReceiver, signal: AbortSignal) => Promise<ByteStream>;
  readonly egress: Egress;
  readonly guards: Guards;
}

/**
 * The proxy through which an unmodified program reaches the mesh, on loopback, with a credential (RFC 9110 section 3.7).
 *
 * - `GET http://payments.mesh.internal/` and `CONNECT payments.mesh.internal:80` carry HTTP to the service.
 * - `CONNECT db.mesh.internal:5432`, or any port but 80, carries raw bytes to it: the port has no other meaning.
 * - Any other host is outside the mesh, and a matter of the egress rule.
 */
export class ExplicitProxy {
  readonly #options: ExplicitProxyOptions;
  readonly #server: Server;
  /** Takes the connections with something else on them than requests to services. It listens nowhere. */
  readonly #others: HttpServer;
  /** The same of the connections that CONNECT to port 80 of a service opened. */
  readonly #inner: HttpServer;
  readonly #services = new WeakMap<Duplex, TargetName>();
  readonly #sockets: OpenSockets;
  readonly #watch: (connection: Watched) => () => void;
  readonly #closing = new AbortController();

  private constructor(options: ExplicitProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#read(socket, new ProxyRouter(options.credential), this.#others);
    });
    this.#others = createHttpServer(STRICT);
    this.#inner = createHttpServer(STRICT);
    const admits = (request: IncomingMessage, refuse: () => ServerResponse): boolean => this.#admits(request, refuse);
    const connect = (request: IncomingMessage, socket: Socket, head: Buffer): void => void this.#connect(request, socket, head);
    serve(this.#others, { form: 'proxy', admits, route: (request) => this.#route(request), connect });
    serve(this.#inner, { form: 'origin', route: (request) => this.#routeInner(request) });
    this.#sockets = new OpenSockets(this.#server);
    const { guards } = options;
    guards.bytes(this.#server, 'proxy');
    guards.messages(this.#others);
    this.#watch = guards.connections(this.#server);
  }

  /** Listens on any free port of loopback. */
  static async listen(options: ExplicitProxyOptions): Promise<ExplicitProxy> {
    const proxy = new ExplicitProxy(options);
    await listenOn(proxy.#server, { host: '127.0.0.1', port: 0 });
    return proxy;
  }

  get port(): number {
    // It listens on a port from the moment on in which it can be had.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends it with all that goes through it: its program has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = closeServer(this.#server);
    this.#sockets.destroy();
    this.#others.close();
    this.#inner.close();
    this.#options.egress.close();
    await closed;
  }

  #read(socket: Socket, router: CallerRouter, others: HttpServer): void {
    const { mesh } = this.#options;
    const handOver = handOverTo(others);
    new CallerConnection(socket, { router, send: (request) => mesh.send(request), handOver, watch: this.#watch });
  }

  #admits(request: IncomingMessage, refuse: () => ServerResponse): boolean {
    if (this.#options.credential.admits(request.rawHeaders)) return true;
    answerError(refuse(), new ThemisError('THEMIS_PROXY_CREDENTIAL', 'Proxy-Authorization'), {
      'proxy-authenticate': 'Basic realm="themis"',
      connection: 'close',
    });
    return false;
  }

  #route({ url = '' }: IncomingMessage): Onward {
    const absolute = parseAbsolute(url);
    if (absolute === undefined) {
      throw new ThemisError('THEMIS_REQUEST_REFUSED', 'the target is not http://HOST/PATH with a host that can be reached');
    }
    const { target, authority, path } = absolute;
    return { upstream: this.#upstreamTo(target), path, host: authority, identity: [] };
  }

  #upstreamTo(target: Target): Upstream {
    if (target.is === 'outside') return this.#options.egress.upstream(target.host, target.port);
    if (target.port === MESH_HTTP_PORT) return new MeshUpstream(this.#options.mesh, target.service);
    throw new ThemisError(
      'THEMIS_REQUEST_REFUSED',
      `HTTP to a service has port ${MESH_HTTP_PORT}, or none; raw TCP goes by CONNECT`,
    );
  }

  #routeInner(request: IncomingMessage): Onward {
    const service = this.#services.get(request.socket);
    if (service === undefined) throw new ThemisError('THEMIS_CLOSED', 'the tunnel of this request');
    const [host = ''] = valuesOf(request.rawHeaders, 'host');
    const named = parseTarget(host, MESH_HTTP_PORT);
    if (named?.is !== 'service' || named.service !== service) {
      throw new ThemisError('THEMIS_REQUEST_REFUSED', `Host names something else than ${service}, to which the tunnel leads`);
    }
    return { upstream: new MeshUpstream(this.#options.mesh, service), path: request.url ?? '/', identity: [] };
  }

  async #connect(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    if (!this.#admits(request, () => lastResponse(request, socket))) return;
    const fault = faultOf(request, 'proxy');
    const target = parseTarget(request.url ?? '');
    if (fault !== undefined || target === undefined) {
      answerFault(lastResponse(request, socket), fault ?? { status: 400, detail: 'CONNECT wants HOST:PORT' });
      return;
    }
    // Bytes before our answer could be taken for a request by whoever is behind (CVE-2025-64763).
    if (head.length > 0) {
      answerFault(lastResponse(request, socket), { status: 400, detail: 'bytes before the tunnel was granted' });
      return;
    }
    try {
      if (target.is === 'service' && target.port === MESH_HTTP_PORT) this.#speakHttp(socket, target.service);
      else await this.#tunnel(socket, target);
    } catch (error) {
      answerError(lastResponse(request, socket), error);
    }
  }

  #speakHttp(socket: Socket, service: TargetName): void {
    this.#services.set(socket, service);
    grant(socket);
    this.#read(socket, new ServiceRouter(service), this.#inner);
  }

  async #tunnel(socket: Socket, target: Target): Promise<void> {
    if (target.is === 'service') {
      const joint = new SocketStream(socket);
      const stream = await this.#options.open(target.service, joint, this.#closing.signal);
      grant(socket);
      joint.join(stream);
      return;
    }
    const far = await this.#options.egress.connect(target.host, target.port);
    grant(socket);
    void splice(socket, far);
  }
}

function grant(socket: Socket): void {
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
}
