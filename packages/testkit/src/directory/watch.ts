import { showRecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Directory, Watched } from '@themis-mesh/directory';
import { waitFor } from '../wait.ts';

/** A running watch, and what it has said. */
export class Watch implements AsyncDisposable {
  readonly seen: SignedRecord[] = [];
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(directory: Directory, watched: Watched) {
    this.ended = this.#follow(directory, watched);
  }

  async got({ bytes }: SignedRecord): Promise<void> {
    await waitFor(() => this.seen.some((record) => Buffer.compare(record.bytes, bytes) === 0), 'the watch to say it');
  }

  async saw(prefix: string, count: number): Promise<void> {
    await waitFor(
      () => this.seen.filter(({ key }) => showRecordKey(key).startsWith(prefix)).length >= count,
      `${count} ${prefix}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #follow(directory: Directory, watched: Watched): Promise<void> {
    for await (const record of directory.watch(watched, this.#stop.signal)) this.seen.push(record);
  }
}
