import type { RequestListener, ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Tunnel, type Channel, type OnStream, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { ThemisError, type Judgement, type Peer, type RequestHead } from '@themis-mesh/core';
import type { RequestLog } from '@themis-mesh/telemetry';
import { Binding } from '../../world/binding.ts';
import { logAnswer } from '../../observe/log-answer.ts';
import { logDecision } from '../../observe/log-decision.ts';
import { readListenArguments } from '../../world/listen-arguments.ts';
import type { Listen } from '../../world/listening.ts';
import { serveBy, type RequestDeadline } from '../../traffic/request-deadline.ts';
import { isWayBack, type Doorkeeper } from './doorkeeper.ts';
import { NodeExchange, type NodeExchangeOptions } from './node-exchange.ts';
import { IncomingMessage, Server, ServerResponse } from '../wire/node-http.ts';
import { RefusedExchange } from './refused-exchange.ts';
import { refusedAnswer } from './refused-answer.ts';
import { readTunnelRequest } from '../wire/request-head.ts';
import { VirtualSocket } from './virtual-socket.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Who calls. Present on every request that a mesh server takes. */
    peer: Peer;
    /** Until when the caller waits for the answer, where it said so. */
    deadline?: RequestDeadline;
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

/** What a server has of its mesh. */
export interface ServerGround {
  readonly listen: Listen;
  /** What the policies say of a request. */
  readonly judge: (peer: Peer, request: RequestHead) => Judgement;
  /** Of the service, as its policies see it. Undefined: the one listened on. */
  readonly port: number | undefined;
  readonly requests: RequestLog;
  /** Lets requests in that a policy allows: whether there is room, and whether anybody still waits. */
  readonly doorkeeper: Doorkeeper;
}

/**
 * A `node:http` server whose connections are channels. All of Node's own server is kept: its parser, events, timeouts and
 * limits; only where connections come from differs, and that every request has a `peer`.
 */
export class MeshServer extends Server {
  readonly #ground: ServerGround;
  readonly #binding: Binding;
  readonly #channels = new WeakMap<Socket, Channel>();
  readonly #open = new Set<Channel>();
  /** Connections on which something came that cannot be judged: what follows is perhaps no request. */
  readonly #condemned = new WeakSet<Socket>();
  readonly #answering = new WeakMap<Channel, ServerResponse>();

  /** @throws ThemisError `THEMIS_CONFIG_INVALID` for options that let requests be smuggled */
  constructor(ground: ServerGround, options: ServerOptions, listener: RequestListener | undefined) {
    super(strict(options), listener);
    this.#ground = ground;
    this.#binding = new Binding(ground.listen);
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
    const opened = this.#binding.open(
      { protocols: ['themis/1', 'themis-http/1', 'http/1.1'], port, host, onChannel, closeIdle },
      () => {
        signal?.removeEventListener('abort', closeOnAbort);
        // Node's own part: it stops its timers and says `close`.
        super.close();
      },
    );
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
    // What came over a tunnel was introduced there.
    const isRequest = REQUEST_EVENTS.has(event) && request instanceof IncomingMessage;
    if (!isRequest) return super.emit(event as string, ...args);
    // A listener for `checkContinue` emits `request` itself.
    const isIntroduced = Object.hasOwn(request, 'peer');
    if (!this.#introduce(event, request, response, isIntroduced)) return true;
    if (isIntroduced || event === 'dropRequest' || !isWayBack(response)) return super.emit(event as string, ...args);
    const deadline = this.#ground.doorkeeper.letIn(request, request.peer, response);
    if (deadline === false) return true;
    if (deadline === undefined) return super.emit(event as string, ...args);
    request.deadline = deadline;
    return serveBy(deadline, () => super.emit(event as string, ...args));
  }

  /** Serves one request that came over a tunnel. */
  protected serveStream(options: NodeExchangeOptions): StreamReceiver {
    const exchange = new NodeExchange(options);
    // An own property, because frameworks replace the prototype of requests; a fixed one, because it is what policies go by.
    Object.defineProperty(exchange.request, 'peer', { value: options.channel.peer, enumerable: true });
    const { deadline } = options;
    try {
      if (deadline === undefined) exchange.begin(this, options.head.expects);
      else {
        exchange.request.deadline = deadline;
        serveBy(deadline, () => exchange.begin(this, options.head.expects));
      }
    } catch (error) {
      // As with Node's server it is nobody's to catch; but the tunnel is that of others, too.
      queueMicrotask(() => {
        throw error;
      });
    }
    return exchange;
  }

  /** Takes a stream that is no request. @returns undefined where it is of no use here: it is then reset */
  protected takeBytes(_channel: Channel, _stream: TunnelStream, _block: string, _isEnd: boolean): StreamReceiver | undefined {
    return undefined;
  }

  /** @returns false for a request whose caller has no right to it, or none any more: it was answered, or its connection ends */
  #introduce(event: string | symbol, request: IncomingMessage, response: unknown, isIntroduced: boolean): boolean {
    if (request.socket instanceof VirtualSocket) return true;
    const channel = this.#channels.get(request.socket);
    if (channel === undefined) throw new TypeError('a request without a channel of this server');
    if (this.#condemned.has(request.socket)) return false;
    // Of one flight of requests the first may have cut the channel, and the parser goes on to the others all the same.
    if (!channel.isUsable()) {
      request.socket.destroy();
      return false;
    }
    if (isIntroduced) return true;
    // An own property, because frameworks replace the prototype of requests; a fixed one, because it is what policies go by.
    Object.defineProperty(request, 'peer', { value: channel.peer, enumerable: true });
    // What is dropped was answered by Node already.
    if (event !== 'dropRequest' && !this.#admit(channel, request, response)) return false;
    if (!isResponse(response)) return true;
    if (channel.state.is === 'draining') response.setHeader('connection', 'close');
    this.#answering.set(channel, response);
    return true;
  }

  /** Asks the policies. @returns false for a request that is refused: it was answered */
  #admit(channel: Channel, request: IncomingMessage, response: unknown): boolean {
    const { decision, path } = this.#judge(channel, request.method ?? '', request.url ?? '', request.rawHeaders);
    const isRefusable = decision.allowed || isResponse(response);
    const answer = isRefusable ? response : this.#lastResponse(channel, request);
    if (isResponse(answer) || answer instanceof Duplex) {
      logDecision(logAnswer(this.#ground.requests, channel.peer, request, answer), decision);
    }
    request.url = path;
    if (decision.allowed) return true;
    const { status, body } = refusedAnswer(decision);
    if (status === 400) this.#condemned.add(request.socket);
    if (isResponse(answer)) answerRefused(answer, status, body);
    else request.socket.destroy();
    return false;
  }

  #judge({ peer }: Channel, method: string, path: string, headers: readonly string[]): Judgement {
    return this.#ground.judge(peer, { method, path, headers, port: this.#port });
  }

  get #port(): number | undefined {
    return this.#ground.port ?? this.#binding.address?.port;
  }

  /** A response on a connection that Node has let go of, and that ends with it; undefined where another is still due on it. */
  #lastResponse(channel: Channel, request: IncomingMessage): ServerResponse | undefined {
    const { socket } = request;
    socket.on('error', () => undefined);
    if (this.#answering.get(channel)?.writableFinished === false) return undefined;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    return response;
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
    if (channel.protocol === 'themis/1') this.#serveTunnel(channel);
    else this.emit('connection', socket);
  }

  #serveTunnel(channel: Channel): void {
    const onStream: OnStream = (stream, kind, block, isEnd) => {
      const taken = kind === 'bytes' ? this.takeBytes(channel, stream, block, isEnd) : undefined;
      if (taken !== undefined) return taken;
      const head = kind === 'http' ? readTunnelRequest(block, isEnd) : 'raw bytes';
      if (typeof head === 'string') {
        stream.reset('malformed', head);
        return NOBODY;
      }
      const open = this.#ground.requests.inbound('http/1.1', channel.peer, head.method, head.path);
      const { decision, path } = this.#judge(channel, head.method, head.path, head.fields);
      logDecision(open, decision);
      if (!decision.allowed) return new RefusedExchange(channel, stream, open, refusedAnswer(decision));
      const deadline = this.#ground.doorkeeper.letInStream(head, channel.peer, open);
      if (deadline !== undefined && 'status' in deadline) return new RefusedExchange(channel, stream, open, deadline);
      const judged = path === head.path ? head : { ...head, path };
      return this.serveStream({ channel, stream, head: judged, isEnd, open, deadline });
    };
    new Tunnel({ channel, onStream });
  }
}

/** Takes what comes on a stream that was refused. */
const NOBODY: StreamReceiver = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};

/** The connection goes on, unless it is not clear what was asked. */
function answerRefused(response: ServerResponse, status: number, body: string): void {
  if (status === 400) response.shouldKeepAlive = false;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
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
