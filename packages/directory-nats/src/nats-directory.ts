import type { IdentityId, RecordKey, SignedRecord } from '@themis-mesh/core';
import type {
  CallOptions,
  Directory,
  FindAnswer,
  InstancesAnswer,
  StoreAnswer,
  Unavailable,
  Watched,
} from '@themis-mesh/directory';
import type { Link } from './link.ts';

/** A directory whose every call is answered in time, however many requests it takes. */
export class NatsDirectory implements Directory {
  readonly #directory: Directory;
  readonly #link: Link;
  readonly #timeoutMs: number;

  constructor(directory: Directory, link: Link, timeoutMs: number) {
    this.#directory = directory;
    this.#link = link;
    this.#timeoutMs = timeoutMs;
  }

  store(record: SignedRecord, options?: CallOptions): Promise<StoreAnswer> {
    return this.#inTime((bounded) => this.#directory.store(record, bounded), options);
  }

  find(key: RecordKey, options?: CallOptions): Promise<FindAnswer> {
    return this.#inTime((bounded) => this.#directory.find(key, bounded), options);
  }

  instances(service: IdentityId, options?: CallOptions): Promise<InstancesAnswer> {
    return this.#inTime((bounded) => this.#directory.instances(service, bounded), options);
  }

  watch(wanted: Watched, signal: AbortSignal): AsyncIterable<SignedRecord> {
    return this.#directory.watch(wanted, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }

  async #inTime<T extends { readonly outcome: string }>(
    ask: (options: CallOptions) => Promise<T>,
    { signal }: CallOptions = {},
  ): Promise<T | Unavailable> {
    const patience = AbortSignal.timeout(this.#timeoutMs);
    const answer = await ask({ signal: signal === undefined ? patience : AbortSignal.any([signal, patience]) });
    const isLate = answer.outcome === 'unavailable' && patience.aborted && signal?.aborted !== true;
    return isLate ? { outcome: 'unavailable', error: this.#link.late() } : answer;
  }
}
