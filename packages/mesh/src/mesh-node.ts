import type { EventEmitter } from 'node:events';
import type { RequestListener, ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import type { IdentityId, InstanceName, Policy, ServiceName, Trust } from '@themis-mesh/core';
import { instanceSpiffeId } from '@themis-mesh/core';
import type { Channel } from '@themis-mesh/channel';
import type { Dialer } from './find/dialer.ts';
import { requireServiceName } from './find/mesh-name.ts';
import type { ChannelAgent } from './http/channel-agent.ts';
import { createFetch, type MeshFetch } from './http/fetch.ts';
import { MeshServer } from './http/mesh-server.ts';
import { send, type MeshRequest, type MeshResponse } from './http/send.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { Mesh, MeshEvents } from './mesh.ts';
import { MeshTcpServer, type ConnectionListener } from './tcp/tcp-server.ts';
import type { Admission } from './world/admission.ts';
import type { Listeners } from './world/listeners.ts';

/** What a mesh is made of. {@link join} puts it together. */
export interface MeshParts {
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly instance: InstanceName;
  readonly trust: Trust;
  readonly credentials: RotatingCredentials;
  readonly dialer: Dialer;
  readonly agent: ChannelAgent;
  readonly listeners: Listeners;
  readonly admission: Admission;
  readonly events: EventEmitter<MeshEvents>;
  /** Lets go of the rest, when the listeners are closed. */
  readonly release: () => Promise<void>;
}

/** The mesh object that {@link join} returns. */
export class MeshNode implements Mesh {
  readonly fetch: MeshFetch;
  readonly #parts: MeshParts;
  #closed: Promise<void> | undefined;

  constructor(parts: MeshParts) {
    this.#parts = parts;
    this.fetch = createFetch((request) => this.send(request));
  }

  get id(): IdentityId {
    return this.#parts.id;
  }

  get name(): ServiceName {
    return this.#parts.name;
  }

  get instance(): InstanceName {
    return this.#parts.instance;
  }

  get events(): EventEmitter<MeshEvents> {
    return this.#parts.events;
  }

  get spiffeId(): string {
    return instanceSpiffeId(this.id, this.instance);
  }

  get trust(): Trust {
    return this.#parts.trust;
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return send(this.#parts.dialer, this.#parts.agent, request);
  }

  async connect(service: string, options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    return (await this.dial(service, options)).socket;
  }

  dial(service: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Channel> {
    return this.#parts.dialer.open(requireServiceName(service), 'themis-tcp/1', signal);
  }

  createServer(first?: ServerOptions | RequestListener, second?: RequestListener): MeshServer {
    const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
    return new MeshServer(this.#parts.listeners.listen, options, listener);
  }

  createTcpServer(listener: ConnectionListener): MeshTcpServer {
    return new MeshTcpServer(this.#parts.listeners.listen, listener);
  }

  setPolicy(policy: Policy): void {
    this.#parts.admission.policy = policy;
    this.#parts.listeners.judgeAgain();
  }

  renew(): Promise<void> {
    return this.#parts.credentials.renew();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const { listeners, agent, release } = this.#parts;
    await listeners.close();
    agent.destroy();
    await release();
  }
}
