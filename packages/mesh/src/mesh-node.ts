import type { EventEmitter } from 'node:events';
import type { Agent, RequestListener, ServerOptions } from 'node:http';
import type { ServerOptions as Http2ServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ByteStream, Channel, StreamReceiver } from '@themis-mesh/channel';
import {
  instanceSpiffeId,
  type Decision,
  type IdentityId,
  type InstanceName,
  type Judgement,
  type Peer,
  type RequestHead,
  type ServiceName,
  type Trust,
} from '@themis-mesh/core';
import type { Metrics, RequestLog } from '@themis-mesh/telemetry';
import type { Announcer } from './announcer.ts';
import type { MeshChannels } from './channels.ts';
import { createDispatcher, type FetchDispatcher } from './dispatcher/mesh-dispatcher.ts';
import { requireServiceName } from './find/mesh-name.ts';
import { createFetch, type MeshFetch } from './http/client/fetch.ts';
import type { FetchHandler } from './http/server/fetch-exchange.ts';
import { FetchServer } from './http/server/fetch-server.ts';
import { MeshServer, type ServerGround } from './http/server/mesh-server.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { RelayServer, type StreamHandler } from './http/server/relay-server.ts';
import { createMeshHttp2Server, type Http2Listener, type MeshHttp2Server } from './http2/mesh-http2-server.ts';
import type { Incoming } from './incoming.ts';
import type { PolicyOptions } from './join-options.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { Mesh, MeshEvents } from './mesh.ts';
import type { Observation } from './observe/observation.ts';
import type { Outgoing } from './outgoing.ts';
import { readPolicy } from './read-options.ts';
import { MeshStreamServer, type StreamListener } from './tcp/stream-server.ts';
import { MeshTcpServer, quietDuplex, type ConnectionListener } from './tcp/tcp-server.ts';
import { requireTraffic, type TrafficControl, type TrafficOptions } from './traffic/traffic-control.ts';

/** What a mesh is made of. `join` puts it together. */
export interface MeshParts {
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly instance: InstanceName;
  readonly trust: Trust;
  readonly credentials: RotatingCredentials;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly announcer: Announcer;
  readonly traffic: TrafficControl;
  readonly observation: Observation;
  /** Of the service, as its policies see it. Undefined: the one listened on. */
  readonly port: number | undefined;
  /** Closes all of it: first what is asked of this process, then what it asks, then the rest. */
  readonly parts: AsyncDisposableStack;
}

/** The mesh object that `join` returns. */
export class MeshNode implements Mesh {
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly instance: InstanceName;
  readonly spiffeId: string;
  readonly trust: Trust;
  readonly events: EventEmitter<MeshEvents>;
  readonly channels: MeshChannels;
  readonly metrics: Metrics;
  readonly requests: RequestLog;
  readonly fetch: MeshFetch;
  readonly dispatcher: FetchDispatcher;
  readonly agent: Agent;
  readonly #parts: MeshParts;
  #closed: Promise<void> | undefined;

  constructor(parts: MeshParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.name = parts.name;
    this.instance = parts.instance;
    this.spiffeId = instanceSpiffeId(parts.id, parts.instance);
    this.trust = parts.trust;
    this.events = parts.announcer.events;
    this.metrics = parts.observation.metrics;
    this.requests = parts.observation.requests;
    this.channels = channelsOf(parts, this.#serverGround);
    this.fetch = createFetch((request) => this.send(request));
    this.dispatcher = createDispatcher((request) => this.send(request));
    this.agent = parts.outgoing.agent;
  }

  get metricsAddress(): AddressInfo | undefined {
    return this.#parts.observation.address;
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return this.#parts.outgoing.send(request);
  }

  async connect(service: string, options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    const duplex = quietDuplex();
    return duplex.attach(await this.openStream(service, duplex, options));
  }

  async openStream(
    service: string,
    receiver: StreamReceiver,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ByteStream> {
    return this.#parts.outgoing.openStream(requireServiceName(service), receiver, signal);
  }

  async dial(service: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Channel> {
    return this.#parts.outgoing.open(requireServiceName(service), signal);
  }

  createServer(first?: ServerOptions | RequestListener, second?: RequestListener): MeshServer {
    const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
    return new MeshServer(this.#serverGround, options, listener);
  }

  createFetchServer(handler: FetchHandler, options: ServerOptions = {}): MeshServer {
    return new FetchServer(this.#serverGround, options, handler);
  }

  createRelayServer(onStream: StreamHandler, options: ServerOptions = {}): MeshServer {
    return new RelayServer(this.#serverGround, options, onStream);
  }

  createHttp2Server(first?: Http2ServerOptions | Http2Listener, second?: Http2Listener): MeshHttp2Server {
    const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
    return createMeshHttp2Server(this.#serverGround, options, listener);
  }

  createTcpServer(listener: ConnectionListener): MeshTcpServer {
    return new MeshTcpServer(this.#parts.incoming.listen, listener, this.requests);
  }

  createStreamServer(listener: StreamListener): MeshStreamServer {
    return new MeshStreamServer(this.#parts.incoming.listen, listener, this.requests);
  }

  setPolicy(policy: PolicyOptions): void {
    this.#parts.incoming.policy = readPolicy(policy);
  }

  setTraffic(traffic: TrafficOptions): void {
    this.#parts.traffic.table = requireTraffic(traffic);
    this.#parts.announcer.tell('traffic', { by: 'program' });
  }

  dropPolicy(): void {
    this.#parts.incoming.policy = undefined;
  }

  judgeRequest(peer: Peer, request: RequestHead): Judgement {
    return this.#parts.incoming.judgeRequest(peer, request);
  }

  judgeStream(peer: Peer, port?: number): Decision {
    return this.#parts.incoming.judgeStream(peer, port ?? this.#parts.port);
  }

  reopenAccessLog(): Promise<void> {
    return this.#parts.observation.reopenAccessLog();
  }

  renew(): Promise<void> {
    return this.#parts.credentials.renew();
  }

  close(): Promise<void> {
    this.#closed ??= this.#parts.parts.disposeAsync();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #serverGround(): ServerGround {
    const { listen, judgeRequest, doorkeeper } = this.#parts.incoming;
    return { listen, judge: judgeRequest, port: this.#parts.port, requests: this.requests, doorkeeper };
  }
}

function channelsOf({ credentials, outgoing }: MeshParts, serving: ServerGround): MeshChannels {
  return {
    credentials,
    serving,
    guide: outgoing.guide,
    open: (service, protocol, signal) => outgoing.openFor(requireServiceName(service), protocol, signal),
    openTo: (service, protocol, target, signal) => outgoing.openTo(service, protocol, target, signal),
    targets: (service, protocol) => outgoing.targets(service, protocol),
    secure: async (service, protocol, over) => outgoing.secure(requireServiceName(service), protocol, over),
    follow: (service, protocols, follower) => outgoing.follow(requireServiceName(service), protocols, follower),
    meet: (meeting) => outgoing.meet(meeting),
    refresh: (service) => outgoing.refresh(requireServiceName(service)),
  };
}
