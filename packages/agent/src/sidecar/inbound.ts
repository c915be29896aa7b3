import { createServer, type Server } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { AppSession } from '../h2/app-session.ts';
import { relayStream } from '../h2/relay.ts';
import type { AddressInfo, Socket } from 'node:net';
import { logAnswer, MESH_SUFFIX, type Mesh } from '@themis-mesh/mesh';
import { connectingTo, type AppPlace } from '../app/app-place.ts';
import { IdentityFields } from '../http/identity-fields.ts';
import type { Onward } from '../http/relay.ts';
import { serve, STRICT } from '../http/serve.ts';
import type { Upstream } from '../http/upstream.ts';
import type { AppConnections } from '../http1/app-connections.ts';
import { relayToApp } from '../http1/app-relay.ts';
import { closeServer } from '../tcp/close-server.ts';
import type { Guards } from '../tcp/guards.ts';
import { listenOn } from '../tcp/listen-on.ts';
import type { ListenAddress } from '../tcp/listen-address.ts';
import { OpenSockets } from '../tcp/open-sockets.ts';
import { readBuffer, SocketStream, takeRead } from '../tcp/socket-stream.ts';

/** A way in to an app. */
export interface Inbound {
  readonly address: AddressInfo;
  /** Takes nothing new, tells the directory where it knows of it, and resolves when what is under way has ended. */
  drain(): Promise<void>;
  /** Ends what is still under way. */
  cut(): void;
}

/**
 * HTTP from the mesh: each request says who calls. What comes over tunnels is read and written here; what stock clients send
 * goes through Node's server.
 */
export async function openMeshHttp(mesh: Mesh, app: AppConnections, upstream: Upstream, listen: ListenAddress): Promise<Inbound> {
  const identity = new IdentityFields(mesh.id);
  const server = mesh.createRelayServer((request) => relayToApp(request, app, identity.of(request.channel.peer)), STRICT);
  serve(server, {
    form: 'origin',
    route: (request) => onwardTo(upstream, mesh, request.url, request.headers.host, identity.of(request.peer)),
  });
  return openHttp(server, listen);
}

/**
 * Plain HTTP from callers outside the mesh, who have no identity: what they say of one is taken out, and nothing is put
 * in its place.
 */
export async function openIngress(mesh: Mesh, upstream: Upstream, listen: ListenAddress, guards: Guards): Promise<Inbound> {
  const server = createServer({ ...STRICT, requestTimeout: INGRESS_REQUEST_MS });
  guards.http(server, 'ingress');
  // Before whoever answers, so that it is told of whatever becomes of it.
  server.on('request', (request, response) => logAnswer(mesh.requests, undefined, request, response));
  serve(server, {
    form: 'origin',
    route: ({ url, headers }) => ({ ...onwardTo(upstream, mesh, url, headers.host, []), isStranger: true }),
  });
  return openHttp(server, listen);
}

/** How long a stranger may take to send a request with its body: Node's own default. */
const INGRESS_REQUEST_MS = 300_000;

/** Raw bytes from the mesh. Who calls is decided by the policy alone: there is no place in the bytes to say it. */
export async function openMeshTcp(
  mesh: Mesh,
  app: AppPlace,
  listen: ListenAddress,
  onFailure: (error: unknown) => void,
): Promise<Inbound> {
  const open = new Set<Socket>();
  const server = mesh.createStreamServer((stream) => {
    const socket = connectingTo(app.current, undefined, { buffer: readBuffer, callback: takeRead });
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return new SocketStream(socket, onFailure).join(stream);
  });
  const address = await server.listen(listen.port, listen.host);
  return {
    address,
    drain: () => server.close(),
    cut: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/** HTTP/2 from the mesh, gRPC for one, to an app that speaks it without TLS. Each request says who calls. */
export async function openMeshHttp2(
  mesh: Mesh,
  app: AppSession,
  listen: ListenAddress,
  onFailure: (error: unknown) => void,
): Promise<Inbound> {
  const identity = new IdentityFields(mesh.id);
  const sessions = new Set<Http2Session>();
  const server = mesh.createHttp2Server();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const { peer } = stream.session ?? {};
    if (peer !== undefined) relayStream(stream, headers, { app, identity: identity.of(peer), onFailure });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    // It listens on a port.
    address: server.address() as AddressInfo,
    drain: () => closeServer(server),
    cut: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

async function openHttp(server: Server, listen: ListenAddress): Promise<Inbound> {
  const sockets = new OpenSockets(server);
  await listenOn(server, listen);
  return {
    // It listens on a port.
    address: server.address() as AddressInfo,
    drain: () => closeServer(server),
    cut: () => {
      sockets.destroy();
    },
  };
}

/** A caller of HTTP/1.0 may say no host; HTTP/1.1, in which the app is asked, wants one. */
function onwardTo(upstream: Upstream, { name }: Mesh, url = '/', host: string | undefined, identity: readonly string[]): Onward {
  return { upstream, path: url, identity, ...(host === undefined ? { host: name + MESH_SUFFIX } : {}) };
}
