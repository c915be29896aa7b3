import { showRecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Directory, Watched } from '@themis-mesh/directory';
import type { Clock } from '../clock.ts';
import type { HandlerLimits } from './options.ts';
import { WatchPost } from './watch-post.ts';

/** The watches that wait at a node, and how many of them there may be. */
export class Watches {
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #limits: HandlerLimits;
  readonly #posts = new Map<string, WatchPost>();
  readonly #byCaller = new Map<string, number>();
  #count = 0;

  constructor(directory: Directory, clock: Clock, limits: HandlerLimits) {
    this.#directory = directory;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @returns undefined where the caller, or all of them, have as many as they may */
  async wait(
    caller: string,
    watched: Watched,
    have: ReadonlySet<string>,
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<readonly SignedRecord[] | undefined> {
    const own = this.#byCaller.get(caller) ?? 0;
    if (own >= this.#limits.watchersPerCaller || this.#count >= this.#limits.watchers) return undefined;
    this.#byCaller.set(caller, own + 1);
    this.#count += 1;
    try {
      return await this.#postOf(watched).changes(have, milliseconds, signal);
    } finally {
      this.#count -= 1;
      const left = (this.#byCaller.get(caller) ?? 1) - 1;
      if (left > 0) this.#byCaller.set(caller, left);
      else this.#byCaller.delete(caller);
    }
  }

  /** Ends all of them: whoever waits is told nothing. */
  end(): void {
    for (const post of this.#posts.values()) post.end();
  }

  #postOf(watched: Watched): WatchPost {
    const name = watched.kind === 'instances' ? `instances/${watched.id}` : showRecordKey(watched);
    const known = this.#posts.get(name);
    if (known !== undefined) return known;
    const post: WatchPost = new WatchPost(this.#directory, watched, this.#clock, () => {
      if (this.#posts.get(name) === post) this.#posts.delete(name);
    });
    this.#posts.set(name, post);
    return post;
  }
}
