import type { RequestListener, ServerOptions } from 'node:http';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import type { Channel } from '@themis-mesh/channel';
import { ThemisError, type Peer } from '@themis-mesh/core';
import { Binding } from '../world/binding.ts';
import type { Listen } from '../world/listening.ts';
import { IncomingMessage, Server, ServerResponse } from './node-http.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Who calls. Present on every request that a mesh server takes. */
    peer: Peer;
  }
}

/** Node's events whose first argument is a request. */
const REQUEST_EVENTS: ReadonlySet<string | symbol> = new Set([
  'request',
  'checkContinue',
  'checkExpectation',
  'upgrade',
  'connect',
  'dropRequest',
]);

/**
 * A `node:http` server whose connections are channels. All of Node's own server is kept: its parser, events, timeouts and
 * limits; only where connections come from differs, and that every request has a `peer`.
 */
export class MeshServer extends Server {
  readonly #binding: Binding;
  readonly #channels = new WeakMap<Socket, Channel>();
  readonly #open = new Set<Channel>();
  readonly #answering = new WeakMap<Channel, ServerResponse>();

  /** @throws ThemisError `THEMIS_CONFIG_INVALID` for options that let requests be smuggled */
  constructor(listen: Listen, options: ServerOptions, listener: RequestListener | undefined) {
    super(strict(options), listener);
    this.#binding = new Binding(listen);
    // Node has it as an accessor of the prototype, its types as a property, which no accessor may override.
    Object.defineProperty(this, 'listening', { get: () => this.#binding.address !== undefined });
  }

  override address(): AddressInfo | null {
    return this.#binding.address ?? null;
  }

  /**
   * As in `node:net`: a port, a host and a function to call once it listens, or an object of them. Other forms are refused.
   *
   * What goes wrong is an `error` event with a ThemisError; its `cause` is Node's own.
   */
  override listen(...args: readonly unknown[]): this {
    const { port, host, signal, onListening } = readListenArguments(args);
    if (!this.#binding.isIdle) throw new ThemisError('THEMIS_CONFIG_INVALID', 'the server listens already');
    if (onListening !== undefined) this.once('listening', onListening);
    const closeOnAbort = (): void => {
      this.close();
    };
    const onChannel = (channel: Channel): void => {
      this.#take(channel);
    };
    const closeIdle = (): void => {
      this.closeIdleConnections();
    };
    const opened = this.#binding.open({ protocols: ['themis-http/1', 'http/1.1'], port, host, onChannel, closeIdle }, () => {
      signal?.removeEventListener('abort', closeOnAbort);
      // Node's own part: it stops its timers and says `close`.
      super.close();
    });
    opened.then(
      () => this.emit('listening'),
      (error: unknown) => this.emit('error', error),
    );
    signal?.addEventListener('abort', closeOnAbort, { once: true });
    if (signal?.aborted === true) closeOnAbort();
    return this;
  }

  /** As Node's: takes no more connections, and is closed when the last has ended; what is not after 10 seconds is cut. */
  override close(callback?: (error?: Error) => void): this {
    if (this.#binding.isIdle) {
      super.close(callback);
      return this;
    }
    if (callback !== undefined) this.once('close', callback);
    void this.#binding.close();
    return this;
  }

  override getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#open.size);
    return this;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [request, response] = args;
    const isRequest = REQUEST_EVENTS.has(event) && request instanceof IncomingMessage;
    return isRequest && !this.#introduce(request, response) ? true : super.emit(event as string, ...args);
  }

  /** @returns false for a request whose caller has no right to it any more */
  #introduce(request: IncomingMessage, response: unknown): boolean {
    const channel = this.#channels.get(request.socket);
    if (channel === undefined) throw new TypeError('a request without a channel of this server');
    // Of one flight of requests the first may have cut the channel, and the parser goes on to the others all the same.
    if (!channel.isUsable()) {
      request.socket.destroy();
      return false;
    }
    // A listener for `checkContinue` emits `request` itself.
    if (Object.hasOwn(request, 'peer')) return true;
    // An own property, because frameworks replace the prototype of requests; a fixed one, because it is what policies go by.
    Object.defineProperty(request, 'peer', { value: channel.peer, enumerable: true });
    if (!isResponse(response)) return true;
    if (channel.state.is === 'draining') response.setHeader('connection', 'close');
    this.#answering.set(channel, response);
    return true;
  }

  #take(channel: Channel): void {
    const { socket } = channel;
    if (this.maxConnections > 0 && this.#open.size >= this.maxConnections) {
      this.emit('drop', { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort });
      socket.destroy();
      return;
    }
    this.#channels.set(socket, channel);
    this.#open.add(channel);
    channel.onState((state) => {
      if (state.is === 'closed') this.#open.delete(channel);
      const response = this.#answering.get(channel);
      if (state.is === 'draining' && response?.headersSent === false) response.setHeader('connection', 'close');
    });
    this.emit('connection', socket);
  }
}

function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse;
}

/** The options with strict parsing said outright: without it the process's command line decides. */
function strict(options: ServerOptions): ServerOptions {
  const { httpValidation = 'strict', ...others } = options as ServerOptions & { readonly httpValidation?: unknown };
  if (others.insecureHTTPParser === true || httpValidation !== 'strict') {
    throw new ThemisError('THEMIS_CONFIG_INVALID', 'a mesh server parses HTTP strictly: insecureHTTPParser, httpValidation');
  }
  return { ...others, insecureHTTPParser: false };
}

export interface ListenArguments {
  readonly port: number;
  readonly host: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onListening: (() => void) | undefined;
}

/** The arguments of `listen`, in the forms of `node:net` that name a port. @throws ThemisError `THEMIS_CONFIG_INVALID` */
export function readListenArguments(args: readonly unknown[]): ListenArguments {
  const last = args.at(-1);
  const onListening = typeof last === 'function' ? (last as () => void) : undefined;
  const [first, second] = args;
  const options: ListenOptions = typeof first === 'object' && first !== null ? first : {};
  const wanted = typeof first === 'number' || typeof first === 'string' ? first : (options.port ?? 0);
  const port = Number(wanted);
  const host = options.host ?? (typeof second === 'string' ? second : undefined);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 && wanted !== '';
  if (options.path !== undefined || 'fd' in options || 'handle' in options || !isPort) {
    throw new ThemisError('THEMIS_CONFIG_INVALID', `a mesh server listens on a port, 0 to 65535: ${String(wanted)}`);
  }
  return { port, host, signal: options.signal, onListening };
}
