import type { AgentOptions, ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServiceName } from '@themis-mesh/core';
import type { Channel } from '@themis-mesh/channel';
import type { Dialer } from '../find/dialer.ts';
import { Agent } from './node-http.ts';
import type { Target } from '../find/balancer.ts';

/** Where a request goes: what it says to the agent besides what `http.request` knows. */
export interface Route {
  readonly service: ServiceName;
  readonly target: Target;
  readonly signal: AbortSignal | undefined;
  /**
   * Which connections it may share. Fixed when the request is made, so that a connection leaves the pool under the name it came
   * by.
   */
  readonly poolKey: string;
}

/** Under which name `http.request` carries a route to its agent. */
const ROUTE = 'meshRoute';

type CreateConnectionCallback = (error: Error | null, stream: Duplex) => void;

/**
 * Node's own pool of HTTP/1.1 connections, over channels.
 *
 * Its key holds our own identity and leaf, the peer's identity and instance, and the protocol, so that no request travels
 * under another identity than its caller's (CVE-2026-56850). A connection leaves the pool when its channel drains, and when
 * our leaf was replaced.
 */
export class ChannelAgent extends Agent {
  readonly #dialer: Dialer;
  readonly #ownId: string;
  readonly #channels = new WeakMap<Duplex, Channel>();
  readonly #idle = new Set<Duplex>();
  readonly #unsubscribe: () => void;

  constructor(dialer: Dialer, ownId: string, options: AgentOptions) {
    super({ ...options, keepAlive: true, scheduling: 'lifo' });
    this.#dialer = dialer;
    this.#ownId = ownId;
    this.#unsubscribe = dialer.credentials.onChange(() => {
      this.#closeIdle();
    });
  }

  /** The channel under a request, once it has its socket. */
  channelOf(request: ClientRequest): Channel | undefined {
    return request.socket === null ? undefined : this.#channels.get(request.socket);
  }

  /** @returns options for `http.request` that lead to one target */
  route(service: ServiceName, target: Target, signal?: AbortSignal): { readonly [ROUTE]: Route; readonly servername: string } {
    const poolKey = `${this.#ownId} ${this.#dialer.credentials.current.serial} ${target.key} ${service} themis-http/1`;
    // No server name is sent. Where none is given, Node works one out of the `host` header.
    return { [ROUTE]: { service, target, signal, poolKey }, servername: '' };
  }

  override getName(options: object = {}): string {
    return routeOf(options).poolKey;
  }

  override createConnection(options: object, callback?: CreateConnectionCallback): undefined {
    const { service, target, signal } = routeOf(options);
    this.#dialer.dial(service, 'themis-http/1', target, signal).then(
      (channel) => {
        this.#keep(channel);
        callback?.(null, channel.socket);
      },
      (error: unknown) => {
        // Node destroys the request with the error and does not look at the stream.
        callback?.(error as Error, undefined as never);
      },
    );
    return undefined;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const channel = this.#channels.get(socket);
    if (channel?.state.is !== 'open' || channel.ownSerial !== this.#dialer.credentials.current.serial) return false;
    this.#idle.add(socket);
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.delete(socket);
    super.reuseSocket(socket, request);
  }

  /** Ends every connection that carries no request, and takes no more into the pool. */
  override destroy(): void {
    this.#unsubscribe();
    super.destroy();
  }

  #keep(channel: Channel): void {
    const { socket } = channel;
    this.#channels.set(socket, channel);
    channel.onState((state) => {
      if (state.is === 'draining' && this.#idle.has(socket)) socket.destroy();
      if (state.is === 'closed') this.#idle.delete(socket);
    });
  }

  #closeIdle(): void {
    for (const socket of this.#idle) socket.destroy();
  }
}

function routeOf(options: object): Route {
  const route = (options as { readonly [ROUTE]?: Route })[ROUTE];
  if (route === undefined) throw new TypeError('the agent of a mesh serves requests of that mesh only');
  return route;
}
