import { ThemisError, type IdentityId, type RecordKey, type SignedRecord } from '@themis-mesh/core';
import type {
  CallOptions,
  Directory,
  FindAnswer,
  InstancesAnswer,
  StoreAnswer,
  Unavailable,
  Watched,
} from '@themis-mesh/directory';

/**
 * A directory that is there later than whoever uses it: a node's own mesh stands on the directory that the node makes of that
 * mesh's channels. Until then it does not answer, and watching waits.
 */
export class LateDirectory implements Directory {
  readonly #ready = Promise.withResolvers<Directory | undefined>();
  #directory: Directory | undefined;

  attach(directory: Directory): void {
    this.#directory = directory;
    this.#ready.resolve(directory);
  }

  async store(record: SignedRecord, options?: CallOptions): Promise<StoreAnswer> {
    return (await this.#directory?.store(record, options)) ?? notYet();
  }

  async find(key: RecordKey, options?: CallOptions): Promise<FindAnswer> {
    return (await this.#directory?.find(key, options)) ?? notYet();
  }

  async instances(service: IdentityId, options?: CallOptions): Promise<InstancesAnswer> {
    return (await this.#directory?.instances(service, options)) ?? notYet();
  }

  async *watch(wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
    const ended = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const directory = await Promise.race([this.#ready.promise, ended]);
    if (directory !== undefined) yield* directory.watch(wanted, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ready.resolve(undefined);
    await this.#directory?.[Symbol.asyncDispose]();
  }
}

function notYet(): Unavailable {
  return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'the node has not begun yet') };
}
