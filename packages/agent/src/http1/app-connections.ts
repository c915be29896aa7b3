import type { PlainPlace } from '../http/plain-upstream.ts';
import { AppConnection, type ConnectionOwner } from './app-connection.ts';
import { Exchange, type ExchangeFailure, type ExchangeHandler, type RequestToApp } from './exchange.ts';
import { requestHeadText } from './write-head.ts';

/**
 * Connections in plain HTTP/1.1 to one place: kept for the next request, the one used last first.
 *
 * A request that went to a kept connection which turns out to be closed is sent once more, on a new one, where that does no
 * harm.
 */
export class AppConnections {
  readonly #place: () => PlainPlace;
  readonly #idle: Idle[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #turn = 0;
  #isClosed = false;

  readonly #owner: ConnectionOwner = {
    onIdle: (connection) => {
      this.#keep(connection);
    },
    onGone: (connection) => {
      const index = this.#idle.findIndex((one) => one.connection === connection);
      if (index !== -1) this.#idle.splice(index, 1);
    },
    onStale: (exchange, failure) => {
      this.#sendAgain(exchange, failure);
    },
  };

  /** @param place asked at each request */
  constructor(place: () => PlainPlace) {
    this.#place = place;
  }

  /** How many connections wait for a request. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Sends a request. @throws HttpFault where it cannot be written: nothing was sent then */
  open(request: RequestToApp, handler: ExchangeHandler): Exchange {
    const text = requestHeadText(request);
    const exchange = new Exchange(request, handler);
    // One that may become something else is read as a stream of Node from the start.
    const kept = request.upgrade ? undefined : this.#take();
    (kept ?? this.#connect(request.upgrade)).carry(exchange, text);
    return exchange;
  }

  /** Keeps no connection any more. Exchanges that are under way go on. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const { connection } of [...this.#idle]) connection.drop();
  }

  #connect(isStream: boolean): AppConnection {
    return new AppConnection(this.#place(), this.#owner, isStream);
  }

  #take(): AppConnection | undefined {
    const place = this.#place();
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.connection.place === place) return last.connection;
      // The program has moved since.
      last.connection.drop();
    }
    return undefined;
  }

  #keep(connection: AppConnection): void {
    if (this.#isClosed || this.#idle.length >= MOST_IDLE) {
      connection.drop();
      return;
    }
    this.#idle.push({ connection, since: this.#turn });
    this.#sweep ??= setInterval(() => {
      this.#sweepIdle();
    }, IDLE_MS / 2).unref();
  }

  /** Ends those that were idle for a whole turn: between a half and the whole of the time that they may be kept. */
  #sweepIdle(): void {
    const old = this.#idle.filter(({ since }) => since < this.#turn);
    this.#turn += 1;
    for (const { connection } of old) connection.drop();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #sendAgain(exchange: Exchange, failure: ExchangeFailure): void {
    const { request } = exchange;
    if (request.framing !== 0 || !REPEATABLE.has(request.method)) {
      exchange.fail(failure);
      return;
    }
    this.#connect(request.upgrade).carry(exchange, requestHeadText(request));
  }
}

interface Idle {
  readonly connection: AppConnection;
  /** The turn of the sweep in which it became idle. */
  readonly since: number;
}

/**
 * How long an unused connection is kept, at most. Programs close theirs after 2 seconds and more; a connection that both ends
 * may close at one time would lose a request that cannot be sent again.
 */
const IDLE_MS = 1000;

/** As many as were busy at one time lately, within bounds: to make them anew for each request costs thrice the request. */
const MOST_IDLE = 1024;

/** Methods that may be sent again where a kept connection turned out to be closed (RFC 9110 section 9.2.2). */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
