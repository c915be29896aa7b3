import { ThemisError } from '@themis-mesh/core';
import type { Directory, Unavailable } from '@themis-mesh/directory';

/** A directory that can be switched off: then it answers nothing and tells of nothing. */
export class SwitchedDirectory implements Directory {
  readonly #inner: Directory;
  isAway = false;
  /** Looks that have begun and not ended: what was read before the switch must not be judged after a leap of the clock. */
  underWay = 0;

  constructor(inner: Directory) {
    this.#inner = inner;
  }

  readonly store: Directory['store'] = (record, options) => (this.isAway ? away() : this.#inner.store(record, options));

  readonly find: Directory['find'] = (key, options) => (this.isAway ? away() : this.#counted(this.#inner.find(key, options)));

  readonly instances: Directory['instances'] = (service, options) =>
    this.isAway ? away() : this.#counted(this.#inner.instances(service, options));

  readonly watch: Directory['watch'] = (wanted, signal) => this.#watch(this.#inner.watch(wanted, signal));

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#inner[Symbol.asyncDispose]());
  }

  async #counted<T>(look: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await look;
    } finally {
      this.underWay -= 1;
    }
  }

  async *#watch(changes: ReturnType<Directory['watch']>): ReturnType<Directory['watch']> & AsyncGenerator {
    for await (const record of changes) if (!this.isAway) yield record;
  }
}

function away(): Promise<Unavailable> {
  const error = new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'it is switched off');
  return Promise.resolve({ outcome: 'unavailable', error });
}
