import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { Channel, ChannelState } from '@themis-mesh/channel';
import type { Dialer } from '../../find/dialer.ts';
import { Agent } from '../wire/node-http.ts';
import type { Target } from '../../find/balancer.ts';

/** Where a request goes: what it says to the agent besides what `http.request` knows. */
export interface Route {
  readonly service: TargetName;
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

/** How long a connection is kept without a request. A service that announces a shorter time is left a second before it. */
const IDLE_MS = 60_000;

/** A message that knows its request, as those of clients do. */
type Answer = IncomingMessage & { readonly req: ClientRequest };

/** What the agent knows of a connection of its own. */
interface Held {
  readonly channel: Channel;
  readonly target: Target;
  /** The answer that was begun last. */
  answer: Answer | undefined;
}

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
  readonly #held = new WeakMap<Duplex, Held>();
  readonly #open = new Set<Duplex>();
  readonly #idle = new Set<Duplex>();
  readonly #unsubscribe: () => void;
  #isRetired = false;

  constructor(dialer: Dialer, ownId: string) {
    super({ keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS });
    this.#dialer = dialer;
    this.#ownId = ownId;
    this.#unsubscribe = dialer.credentials.onChange(() => {
      this.closeIdle();
    });
  }

  /** @returns options for `http.request` that lead to one target */
  route(service: TargetName, target: Target, signal?: AbortSignal): { readonly [ROUTE]: Route; readonly servername: string } {
    const poolKey = this.#poolKey(service, target);
    // No server name is sent. Where none is given, Node works one out of the `host` header.
    return { [ROUTE]: { service, target, signal, poolKey }, servername: '' };
  }

  /**
   * Whether a request to a target may be made now, because there is a connection to use or a place to dial one.
   *
   * @returns undefined where it may; else a wait, after which it is to be asked again
   * @throws the signal's reason; why nobody can reach the target
   */
  turnFor(service: TargetName, target: Target, signal?: AbortSignal): Promise<void> | undefined {
    const { turns } = this.#dialer;
    const hasWay = turns.hasPlace(target.key) || this.freeSockets[this.#poolKey(service, target)] !== undefined;
    return hasWay ? undefined : turns.sleep(target.key, signal);
  }

  /** Lets another request go to a target in the place of one that does not any more. */
  passTurn(target: Target): void {
    this.#dialer.turns.wake(target.key);
  }

  /** Makes an answer fail with the reason, if its connection ends before it does. */
  noteAnswer(answer: IncomingMessage): void {
    const held = this.#held.get(answer.socket);
    if (held !== undefined) held.answer = answer as Answer;
  }

  /** Why a request failed that had its connection; the failure of a dial is its own explanation. */
  explain(cause: Error, { socket }: ClientRequest, service: TargetName): ThemisError {
    if (ThemisError.is(cause)) return cause;
    if ('code' in cause && String(cause.code).startsWith('HPE_')) {
      return new ThemisError('THEMIS_ANSWER_MALFORMED', `of ${service}: ${cause.message}`, { cause });
    }
    const held = socket === null ? undefined : this.#held.get(socket);
    return lost(service, held?.channel.state, cause);
  }

  /** Ends the connections that carry no request: all, or those to one target. */
  closeIdle(target?: Target): void {
    for (const socket of [...this.#idle]) {
      if (target === undefined || this.#held.get(socket)?.target.key === target.key) socket.destroy();
    }
  }

  /** Keeps no connection any more that carries no request, or whose answer is here and only waits to be read. */
  retire(): void {
    this.#isRetired = true;
    this.#unsubscribe();
    this.closeIdle();
    for (const socket of [...this.#open]) {
      const answer = this.#held.get(socket)?.answer;
      if (answer?.complete === true && answer.req.writableFinished) socket.destroy();
    }
  }

  override getName(options: object = {}): string {
    return routeOf(options).poolKey;
  }

  override createConnection(options: object, callback?: CreateConnectionCallback): undefined {
    const { service, target, signal } = routeOf(options);
    this.#dialer.dial(service, 'themis-http/1', target, signal).then(
      (channel) => {
        this.#hold(channel, target, service);
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
    const held = this.#held.get(socket);
    const isCurrent = held?.channel.ownSerial === this.#dialer.credentials.current.serial;
    if (this.#isRetired || held?.channel.state.is !== 'open' || !isCurrent) return false;
    this.#idle.add(socket);
    // When Node has put it into the pool.
    if (this.#dialer.turns.isAwaited(held.target.key)) setImmediate(() => this.passTurn(held.target));
    // Nothing is asked, so whatever comes would be taken for the answer to the next request (CVE-2026-48931).
    socket.on('data', destroyThis);
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#idle.delete(socket);
    socket.off('data', destroyThis);
    super.reuseSocket(socket, request);
  }

  #poolKey(service: TargetName, target: Target): string {
    return `${this.#ownId} ${this.#dialer.credentials.current.serial} ${target.key} ${service} themis-http/1`;
  }

  #hold(channel: Channel, target: Target, service: TargetName): void {
    const { socket } = channel;
    const held: Held = { channel, target, answer: undefined };
    this.#held.set(socket, held);
    this.#open.add(socket);
    channel.onState((state) => {
      if (state.is === 'draining' && this.#idle.has(socket)) socket.destroy();
      if (state.is !== 'closed') return;
      this.#open.delete(socket);
      this.#idle.delete(socket);
      this.passTurn(target);
      // Sooner than Node, which would say no more than that it was aborted.
      if (held.answer?.complete === false) held.answer.destroy(lost(service, state));
    });
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}

function lost(service: TargetName, state: ChannelState | undefined, cause?: Error): ThemisError {
  const because = state?.is === 'closed' ? state.because : undefined;
  const why = because === undefined ? (cause?.message ?? 'the other side ended it') : `${because.code} (${because.detail})`;
  return new ThemisError('THEMIS_CONNECTION_LOST', `to ${service}: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    ...(because === undefined ? {} : { refusal: because }),
  });
}

function routeOf(options: object): Route {
  const route = (options as { readonly [ROUTE]?: Route })[ROUTE];
  if (route === undefined) throw new TypeError('the agent of a mesh serves requests of that mesh only');
  return route;
}
