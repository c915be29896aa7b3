import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { LocalPort, Metrics } from '@themis-mesh/telemetry';

export interface GuardLimits {
  readonly maxConnections: number;
  readonly stallSeconds: number;
}

/** What is known of a connection since somebody last looked. */
interface Seen {
  read: number;
  flushed: number;
  /** When it last went forward. Milliseconds. */
  at: number;
  readonly connection: Watched | undefined;
}

/**
 * Bounds what those may take of a sidecar who speak plain: how many connections they have, and how long they leave a message
 * half sent or half read (slowloris; CVE-2018-12122, CVE-2024-22019).
 */
export class Guards {
  readonly #metrics: Metrics;
  readonly #limits: GuardLimits;

  constructor(metrics: Metrics, limits: GuardLimits) {
    this.#metrics = metrics;
    this.#limits = limits;
  }

  /** Bounds connections. How long raw bytes pause is their protocol's to say. */
  bytes(server: Server, port: LocalPort): void {
    const dropped = this.#metrics.counter('themis_local_connections_dropped_total', { port });
    const open = this.#metrics.gauge('themis_local_connections_open', { port });
    server.maxConnections = this.#limits.maxConnections;
    server.on('drop', () => dropped.add());
    server.on('connection', (socket: Socket) => {
      open.add(1);
      socket.once('close', () => open.add(-1));
    });
  }

  /** Bounds connections, and ends those whose message stands still. Tunnels and WebSockets are bytes. */
  http(server: HttpServer, port: LocalPort): void {
    this.bytes(server, port);
    this.messages(server);
  }

  /** Ends connections whose message stands still, of a server that is given them. */
  messages(server: HttpServer): void {
    const watch = new StallWatch(this.#limits.stallSeconds * 1000);
    server.on('connection', (socket: Socket) => watch.add(socket));
    server.on('request', (request: IncomingMessage) => watch.receive(request));
    server.on('checkContinue', (request: IncomingMessage) => watch.receive(request));
    for (const event of ['upgrade', 'connect']) server.on(event, (_: unknown, socket: Socket) => watch.remove(socket));
    server.once('close', () => watch[Symbol.dispose]());
  }

  /**
   * For a server that reads its messages by itself.
   *
   * @returns has a connection watched from then on; what that returns has it watched no more
   */
  connections(server: Server): (connection: Watched) => () => void {
    const watch = new StallWatch(this.#limits.stallSeconds * 1000);
    server.once('close', () => watch[Symbol.dispose]());
    return (connection) => {
      watch.add(connection.socket, connection);
      return () => watch.remove(connection.socket);
    };
  }
}

/** A connection that knows by itself whether the other side is to go on. */
export interface Watched {
  readonly socket: Socket;
  readonly isWaitedFor: boolean;
  /** It has stood still for too long. */
  stall(): void;
}

/** Looks from time to time at which connections have gone forward. */
class StallWatch implements Disposable {
  readonly #patience: number;
  readonly #sockets = new Map<Socket, Seen>();
  readonly #receiving = new WeakMap<Socket, IncomingMessage>();
  readonly #timer: NodeJS.Timeout;

  /** @param patience milliseconds */
  constructor(patience: number) {
    this.#patience = patience;
    this.#timer = setInterval(() => this.#look(performance.now()), Math.max(patience / 4, 10));
    this.#timer.unref();
  }

  add(socket: Socket, connection?: Watched): void {
    this.#sockets.set(socket, { read: 0, flushed: 0, at: performance.now(), connection });
    socket.once('close', () => this.#sockets.delete(socket));
  }

  remove(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  receive(request: IncomingMessage): void {
    this.#receiving.set(request.socket, request);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    for (const [socket, seen] of this.#sockets) {
      const flushed = socket.bytesWritten - socket.writableLength;
      const isStill = seen.read === socket.bytesRead && seen.flushed === flushed;
      const isWaitedFor = seen.connection?.isWaitedFor ?? this.#isWaitedFor(socket);
      if (!isStill || !isWaitedFor) Object.assign(seen, { read: socket.bytesRead, flushed, at: now });
      else if (now - seen.at < this.#patience) continue;
      else if (seen.connection !== undefined) seen.connection.stall();
      // A reset, so that nobody takes what he has for the whole.
      else socket.resetAndDestroy();
    }
  }

  /** Whether the other side is to go on: it has half sent a request that we would read, or not read what we wrote. */
  #isWaitedFor(socket: Socket): boolean {
    if (socket.writableLength > 0) return true;
    const request = this.#receiving.get(socket);
    if (request === undefined || request.complete || request.destroyed) return false;
    // It waits for our word, or we for whoever takes what it has sent.
    const isOurTurn = request.headers.expect !== undefined && !request.readableDidRead;
    return !isOurTurn && request.readableLength === 0;
  }
}
