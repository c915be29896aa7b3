import { ThemisError } from '@themis-mesh/core';
import type { Clock } from '../clock.ts';
import type { NodeList } from './node-list.ts';

/** What the answer of one node is worth. */
export type Worth<T> =
  /** No other node need be asked. */
  | { readonly is: 'good'; readonly value: T }
  /** It may be so, and another node may know better. */
  | { readonly is: 'doubtful'; readonly value: T }
  /** The node is wrong, or lies. */
  | { readonly is: 'bad'; readonly why: ThemisError };

export interface RoundOptions<T> {
  readonly nodes: NodeList;
  readonly clock: Clock;
  /** Asks one node. @throws what is held against the node */
  readonly ask: (node: string, signal: AbortSignal) => Promise<Worth<T>>;
  /** How many doubtful answers are as good as a good one. */
  readonly enough: number;
  /** How long one node may take. Milliseconds. */
  readonly timeout: number;
  /** After how long the next node is asked too, while those asked are silent. Milliseconds. */
  readonly hedge: number;
  readonly signal: AbortSignal;
}

/** What came of asking. */
export interface RoundResult<T> {
  readonly good: T | undefined;
  readonly doubtful: readonly T[];
  readonly asked: number;
  /** Why some did not count. */
  readonly failures: readonly ThemisError[];
}

/**
 * Asks one node after the other until it is enough: the next one as soon as one fails, or is silent for a while. A node that
 * hangs costs that while once, and comes last the next time.
 */
export function askRound<T>(options: RoundOptions<T>): Promise<RoundResult<T>> {
  return new Promise((resolve) => new Round(options, resolve).begin());
}

class Round<T> {
  readonly #options: RoundOptions<T>;
  readonly #resolve: (result: RoundResult<T>) => void;
  readonly #left: string[];
  /** Those asked that have not answered, and how to call each off. */
  readonly #waiting = new Map<string, { readonly order: number; readonly callOff: () => void }>();
  readonly #doubtful: T[] = [];
  readonly #failures: ThemisError[] = [];
  #asked = 0;
  #callOffHedge: () => void = () => undefined;
  #isOver = false;

  constructor(options: RoundOptions<T>, resolve: (result: RoundResult<T>) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#left = [...options.nodes.inOrder()];
  }

  begin(): void {
    const { signal } = this.#options;
    if (signal.aborted) {
      this.#end();
      return;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#next();
  }

  readonly #onAbort = (): void => this.#end();

  #next(): void {
    this.#callOffHedge();
    const node = this.#left.shift();
    if (node !== undefined) this.#ask(node);
    else if (this.#waiting.size === 0) this.#end();
    if (!this.#isOver && this.#left.length > 0) {
      const { clock, hedge } = this.#options;
      this.#callOffHedge = clock.after(hedge, () => this.#next());
    }
  }

  #ask(node: string): void {
    const { ask, clock, timeout } = this.#options;
    const abort = new AbortController();
    const callOffTimeout = clock.after(timeout, () => {
      this.#take(node, { is: 'bad', why: late(node, timeout) });
    });
    const callOff = (): void => {
      callOffTimeout();
      abort.abort();
    };
    this.#waiting.set(node, { order: this.#asked, callOff });
    this.#asked += 1;
    ask(node, abort.signal).then(
      (worth) => this.#take(node, worth),
      (error: unknown) => this.#take(node, { is: 'bad', why: errorOf(node, error) }),
    );
  }

  #take(node: string, worth: Worth<T>): void {
    const asked = this.#waiting.get(node);
    if (this.#isOver || asked === undefined) return;
    this.#waiting.delete(node);
    asked.callOff();
    const { nodes, enough } = this.#options;
    switch (worth.is) {
      case 'good':
        nodes.praise(node);
        this.#blameSilent(asked.order);
        this.#end(worth.value);
        return;
      case 'doubtful':
        nodes.praise(node);
        this.#doubtful.push(worth.value);
        if (this.#doubtful.length >= enough) this.#end();
        else this.#next();
        return;
      case 'bad':
        nodes.blame(node);
        this.#failures.push(worth.why);
        this.#next();
    }
  }

  /** Those that were asked before, and are silent still, hang or are slow. */
  #blameSilent(before: number): void {
    for (const [node, { order }] of this.#waiting) if (order < before) this.#options.nodes.blame(node);
  }

  #end(good?: T): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callOffHedge();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    for (const { callOff } of this.#waiting.values()) callOff();
    this.#resolve({ good, doubtful: this.#doubtful, asked: this.#asked, failures: this.#failures });
  }
}

function late(node: string, timeout: number): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${node}: no answer in ${timeout} ms`);
}

function errorOf(node: string, error: unknown): ThemisError {
  if (ThemisError.is(error)) return error;
  const what = error instanceof Error ? error.message : 'what was thrown is no error';
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `${node}: ${what}`, { cause: error });
}
