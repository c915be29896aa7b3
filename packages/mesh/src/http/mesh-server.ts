import type { RequestListener, ServerOptions } from 'node:http';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import type { Channel } from '@themis-mesh/channel';
import type { Peer } from '@themis-mesh/core';
import type { Listening, Listen } from '../world/listening.ts';
import { IncomingMessage, Server, ServerResponse } from './node-http.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Who calls. Present on every request that a mesh server takes. */
    peer: Peer;
  }
}

/** Node's events whose first argument is a request. */
const REQUEST_EVENTS: ReadonlySet<string | symbol> = new Set(['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect', 'dropRequest']);

/**
 * A `node:http` server whose connections are channels. All of Node's own server is kept: its parser, events, timeouts and
 * limits; only where connections come from differs, and that every request has a `peer`.
 */
export class MeshServer extends Server {
  readonly #listen: Listen;
  readonly #channels = new WeakMap<Socket, Channel>();
  readonly #answering = new WeakMap<Channel, ServerResponse>();
  #listening: Listening | undefined;

  constructor(listen: Listen, options: ServerOptions, listener: RequestListener | undefined) {
    super(options, listener);
    this.#listen = listen;
    // Node has it as an accessor of the prototype, its types as a property, which no accessor may override.
    Object.defineProperty(this, 'listening', { get: () => this.#listening !== undefined });
  }

  override address(): AddressInfo | null {
    return this.#listening?.address ?? null;
  }

  /** As in `node:net`: a port, a host and a function to call once it listens, or an object of them. Other forms are refused. */
  override listen(...args: readonly unknown[]): this {
    const { port, host, onListening } = readListenArguments(args);
    if (onListening !== undefined) this.once('listening', onListening);
    const onChannel = (channel: Channel): void => {
      this.#take(channel);
    };
    const closeIdle = (): void => {
      this.closeIdleConnections();
    };
    this.#listen({ protocols: ['themis-http/1', 'http/1.1'], port, host, onChannel, closeIdle }).then(
      (listening) => {
        this.#listening = listening;
        this.emit('listening');
      },
      (error: unknown) => this.emit('error', error),
    );
    return this;
  }

  override close(callback?: (error?: Error) => void): this {
    const listening = this.#listening;
    this.#listening = undefined;
    if (listening === undefined) {
      super.close(callback);
      return this;
    }
    listening.close().then(
      () => {
        super.close();
        callback?.();
      },
      (error: unknown) => callback?.(error as Error),
    );
    return this;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [request, response] = args;
    if (REQUEST_EVENTS.has(event) && request instanceof IncomingMessage) this.#introduce(request, response);
    return super.emit(event as string, ...args);
  }

  /** An own property, because frameworks replace the prototype of requests. */
  #introduce(request: IncomingMessage, response: unknown): void {
    const channel = this.#channels.get(request.socket);
    if (channel === undefined) throw new TypeError('a request without a channel');
    request.peer = channel.peer;
    if (!(response instanceof ServerResponse)) return;
    if (channel.state.is === 'draining') response.setHeader('connection', 'close');
    this.#answering.set(channel, response);
  }

  #take(channel: Channel): void {
    this.#channels.set(channel.socket, channel);
    channel.onState((state) => {
      const response = this.#answering.get(channel);
      if (state.is === 'draining' && response?.headersSent === false) response.setHeader('connection', 'close');
    });
    this.emit('connection', channel.socket);
  }
}

function readListenArguments(args: readonly unknown[]): { port: number; host: string | undefined; onListening: (() => void) | undefined } {
  const last = args.at(-1);
  const onListening = typeof last === 'function' ? (last as () => void) : undefined;
  const [first, second] = args;
  const options: ListenOptions = typeof first === 'object' && first !== null ? first : { port: Number(first ?? 0) };
  const host = options.host ?? (typeof second === 'string' ? second : undefined);
  if (options.path !== undefined || !Number.isInteger(options.port ?? 0)) throw new TypeError('a mesh server listens on a port');
  return { port: options.port ?? 0, host, onListening };
}
