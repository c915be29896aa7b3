import { ThemisError } from '@themis-mesh/core';
import type { CallOptions } from '@themis-mesh/directory';
import type { NatsConnection } from '@nats-io/transport-node';
import { dial, readMaterial } from './dial.ts';
import { isPassing, natsError } from './nats-errors.ts';
import type { LinkOptions } from './options.ts';
import { Session } from './session.ts';
import { pause, until } from './until.ts';

/**
 *     connecting ── a server answers ──▶ connected ── it goes away ──▶ connecting
 *         │                                  ▲
 *         └── nobody for timeoutMs ──▶ away ─┘
 *
 * Callers wait while it is connecting; while it is away they are told so at once. All of it goes on to try, until it is closed.
 */
type State =
  | { readonly is: 'connecting'; readonly patience: NodeJS.Timeout }
  | { readonly is: 'connected'; readonly session: Session }
  | { readonly is: 'away' }
  | { readonly is: 'closed' };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** A connection to one of several servers, made anew whenever it ends. */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  readonly #maintained: Promise<void>;
  #state: State;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  /** What went wrong last. */
  #why: Error = new Error('no server has answered yet');
  #failures = 0;

  private constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = this.#connecting();
    this.#maintained = this.#maintain();
  }

  /** Begins to connect, and waits for nobody but the files. @throws ThemisError of the files of credentials and certificates */
  static async open(options: LinkOptions): Promise<Link> {
    await readMaterial(options);
    return new Link(options);
  }

  /** How many calls got no answer. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Asks a server, and another one or again where that may help.
   *
   * @param ask may be begun several times; what it does after `bound` has ended nobody hears
   * @throws ThemisError `THEMIS_DIRECTORY_UNAVAILABLE` at the end of the time at the latest
   */
  async run<T>(ask: (session: Session, bound: AbortSignal) => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    const { timeoutMs } = this.#options;
    const patience = AbortSignal.timeout(timeoutMs);
    const bound = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      let session: Session | undefined;
      try {
        session = await this.#session(bound);
        return await until(ask(session, bound), bound);
      } catch (error) {
        session?.doubt();
        if (!isPassing(error) || bound.aborted) throw this.#failed(error, bound, signal);
        this.#why = asError(error);
      }
      await until(pause(wait, bound), bound).catch((error: unknown) => Promise.reject(this.#failed(error, bound, signal)));
    }
  }

  /** What a caller is told whose time ran out: that, and what went wrong last. */
  late(): ThemisError {
    return natsError(new Error(`no answer in ${this.#options.timeoutMs} ms (${this.#why.message})`, { cause: this.#why }));
  }

  /** Waits for a connection, however long it takes. @throws where the signal ends first */
  async connected(signal: AbortSignal): Promise<Session> {
    for (;;) {
      if (this.#state.is === 'connected') return this.#state.session;
      await until(this.#changed.promise, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { session } = this.#state.is === 'connected' ? this.#state : {};
    this.#enter({ is: 'closed' });
    this.#closing.abort();
    await session?.connection.close();
    await this.#maintained;
  }

  async #session(bound: AbortSignal): Promise<Session> {
    for (;;) {
      switch (this.#state.is) {
        case 'connected':
          return this.#state.session;
        case 'connecting':
          await until(this.#changed.promise, bound);
          break;
        case 'away':
          throw natsError(this.#why);
        case 'closed':
          throw new ThemisError('THEMIS_CLOSED', 'the directory');
      }
    }
  }

  #failed(error: unknown, bound: AbortSignal, signal: AbortSignal | undefined): ThemisError {
    if (signal?.aborted === true) return new ThemisError('THEMIS_ABORTED', 'the directory was not waited for');
    this.#failures += 1;
    if (!bound.aborted) return natsError(error);
    return this.late();
  }

  async #maintain(): Promise<void> {
    for (let wait = FIRST_PAUSE_MS; this.#state.is !== 'closed'; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const connection = await this.#dial();
      if (connection !== undefined) {
        wait = FIRST_PAUSE_MS;
        await this.#follow(connection);
      }
      await pause(wait, this.#closing.signal).catch(() => {});
    }
  }

  async #dial(): Promise<NatsConnection | undefined> {
    try {
      return await dial(this.#options, this.#requestMs);
    } catch (error) {
      this.#why = asError(error);
      return undefined;
    }
  }

  /** Lets callers have a connection for as long as it lasts. */
  async #follow(connection: NatsConnection): Promise<void> {
    if (this.#state.is === 'closed') return connection.close();
    const session = new Session(connection, this.#options, this.#requestMs);
    this.#enter({ is: 'connected', session });
    const error = await connection.closed();
    session.renew();
    this.#why = asError(error ?? new Error('the connection ended'));
    if (this.#isConnected()) this.#enter(this.#connecting());
  }

  #isConnected(): boolean {
    return this.#state.is === 'connected';
  }

  #connecting(): State {
    const patience = setTimeout(() => this.#enter({ is: 'away' }), this.#options.timeoutMs);
    return { is: 'connecting', patience: patience.unref() };
  }

  #enter(state: State): void {
    if (this.#state.is === 'connecting') clearTimeout(this.#state.patience);
    this.#state = state;
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  /** Leaves time to ask again within a call. */
  get #requestMs(): number {
    return Math.max(50, Math.floor(this.#options.timeoutMs / 3));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('unknown error', { cause: error });
}
