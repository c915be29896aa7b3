import type { EventEmitter } from 'node:events';
import type { Agent, RequestListener, ServerOptions } from 'node:http';
import type { ServerOptions as Http2ServerOptions } from 'node:http2';
import type { Duplex } from 'node:stream';
import { instanceSpiffeId, type IdentityId, type InstanceName, type ServiceName, type Trust } from '@themis-mesh/core';
import type { Channel } from '@themis-mesh/channel';
import type { Announcer } from './announcer.ts';
import type { MeshChannels } from './channels.ts';
import { createDispatcher, type FetchDispatcher } from './dispatcher/mesh-dispatcher.ts';
import { requireServiceName } from './find/mesh-name.ts';
import { createFetch, type MeshFetch } from './http/fetch.ts';
import { MeshServer } from './http/mesh-server.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { createMeshHttp2Server, type Http2Listener, type MeshHttp2Server } from './http2/mesh-http2-server.ts';
import type { Incoming } from './incoming.ts';
import type { PolicyOptions } from './join-options.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { Mesh, MeshEvents } from './mesh.ts';
import type { Outgoing } from './outgoing.ts';
import { readPolicy } from './read-options.ts';
import { MeshTcpServer, type ConnectionListener } from './tcp/tcp-server.ts';

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
    this.channels = channelsOf(parts);
    this.fetch = createFetch((request) => this.send(request));
    this.dispatcher = createDispatcher((request) => this.send(request));
    this.agent = parts.outgoing.agent;
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return this.#parts.outgoing.send(request);
  }

  async connect(service: string, options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    return (await this.dial(service, options)).socket;
  }

  async dial(service: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Channel> {
    return this.#parts.outgoing.open(requireServiceName(service), signal);
  }

  createServer(first?: ServerOptions | RequestListener, second?: RequestListener): MeshServer {
    const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
    return new MeshServer(this.#parts.incoming.listen, options, listener);
  }

  createHttp2Server(first?: Http2ServerOptions | Http2Listener, second?: Http2Listener): MeshHttp2Server {
    const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
    return createMeshHttp2Server(this.#parts.incoming.listen, options, listener);
  }

  createTcpServer(listener: ConnectionListener): MeshTcpServer {
    return new MeshTcpServer(this.#parts.incoming.listen, listener);
  }

  setPolicy(policy: PolicyOptions): void {
    this.#parts.incoming.policy = readPolicy(policy);
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
}

function channelsOf({ credentials, incoming, outgoing }: MeshParts): MeshChannels {
  return {
    credentials,
    listen: (wish) => incoming.listen(wish),
    open: (service, protocol, signal) => outgoing.open(requireServiceName(service), signal, protocol),
    secure: async (service, protocol, over) => outgoing.secure(requireServiceName(service), protocol, over),
    follow: (service, protocols, follower) => outgoing.follow(requireServiceName(service), protocols, follower),
    refresh: (service) => outgoing.refresh(requireServiceName(service)),
  };
}
