import { EventEmitter } from 'node:events';
import { ThemisError } from '@themis-mesh/core';
import { Dispatch, type Send } from './dispatch.ts';
import { modernHandler, type DispatchHandler } from './handler.ts';
import type { DispatchOptions } from './options.ts';

type DispatchFunction = (options: DispatchOptions, handler: DispatchHandler) => boolean;

/** Stands between a request and the dispatcher, as in undici. */
export type Interceptor = (dispatch: DispatchFunction) => DispatchFunction;

/**
 * A dispatcher of undici, of whichever release: for `fetch(url, { dispatcher })`, `undici.request`, `setGlobalDispatcher` and
 * what is built on them. It takes nothing from undici itself, of which a program may have several.
 *
 * The hosts of its requests name services; any other fails with `THEMIS_NAME_INVALID`.
 */
export class MeshDispatcher extends EventEmitter {
  readonly #send: Send;
  readonly #underWay = new Set<Dispatch>();
  #isClosed = false;
  #onIdle: () => void = () => undefined;

  constructor(send: Send) {
    super();
    this.#send = send;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  get destroyed(): boolean {
    return this.#isClosed && this.#underWay.size === 0;
  }

  /** Begins a request; what becomes of it the handler is told. @returns true: the next may follow at once */
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    const dispatch = new Dispatch((request) => this.#sendOpen(request), handler);
    this.#underWay.add(dispatch);
    void dispatch.run(options).finally(() => {
      this.#underWay.delete(dispatch);
      if (this.#underWay.size === 0) this.#onIdle();
    });
    return true;
  }

  /** The same with others before it, the last first. */
  compose(...interceptors: readonly (Interceptor | readonly Interceptor[])[]): MeshDispatcher {
    const first: DispatchFunction = (options, handler) => this.dispatch(options, handler);
    const dispatch = interceptors.flat().reduce<DispatchFunction>((next, interceptor) => {
      const intercepted = interceptor(next);
      return (options, handler) => intercepted(options, modernHandler(handler));
    }, first);
    return new Proxy(this, {
      get: (target, name): unknown => {
        if (name === 'dispatch') return dispatch;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Begins nothing new. Resolves when every request under way has its answer's head. */
  close(): Promise<void>;
  close(callback: () => void): void;
  close(callback?: () => void): Promise<void> | undefined {
    this.#isClosed = true;
    const idle =
      this.#underWay.size === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            this.#onIdle = resolve;
          });
    if (callback === undefined) return idle;
    void idle.then(callback);
    return undefined;
  }

  /** Begins nothing new, and aborts what waits for an answer. */
  destroy(error?: Error | null): Promise<void>;
  destroy(error: Error | null, callback: () => void): void;
  destroy(callback: () => void): void;
  destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | undefined {
    const [error, callback] = typeof first === 'function' ? [undefined, first] : [first, second];
    this.#isClosed = true;
    for (const dispatch of [...this.#underWay]) dispatch.abort(error ?? closed());
    if (callback === undefined) return Promise.resolve();
    queueMicrotask(callback);
    return undefined;
  }

  readonly #sendOpen: Send = (request) => {
    if (this.#isClosed) throw closed();
    return this.#send(request);
  };
}

/**
 * The same as the types of `fetch` see it. Of undici's class it has what others ask a dispatcher for; `request`, `stream` and
 * their kin are functions of undici that take it as an option.
 */
export type FetchDispatcher = MeshDispatcher & NonNullable<RequestInit['dispatcher']>;

export function createDispatcher(send: Send): FetchDispatcher {
  return new MeshDispatcher(send) as FetchDispatcher;
}

function closed(): ThemisError {
  return new ThemisError('THEMIS_CLOSED', 'the dispatcher');
}
