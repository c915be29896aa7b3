import type { AppState, IdentityId, Refusal, Trust } from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import { Repeat } from './repeat.ts';

export interface NewsOptions {
  readonly app: IdentityId;
  readonly trust: Trust;
  readonly reader: DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Called when a newer charter was taken: every open channel is to be judged again. */
  readonly onNews: (app: AppState) => void;
  readonly onAlarm: (refusal: Refusal) => void;
}

/** How often it looks though no change was told. */
const LOOK_MS = 30_000;

/** Brings the app's newer charters, and the newer keys of its members, from the directory into what this process believes. */
export class News {
  readonly #options: NewsOptions;
  readonly #look: Repeat;
  readonly #ended = new AbortController();

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#look = new Repeat(options.clock, async () => {
      await this.#read();
      return LOOK_MS;
    });
  }

  /** Looks now, and then whenever the directory tells of a change. */
  async start(): Promise<void> {
    await this.#look.now();
    void this.#watch();
  }

  /** Looks now. */
  refresh(): Promise<void> {
    return this.#look.now();
  }

  close(): void {
    this.#ended.abort();
    this.#look[Symbol.dispose]();
  }

  async #watch(): Promise<void> {
    const { directory, app } = this.#options;
    try {
      for await (const _ of directory.watch({ kind: 'charter', id: app }, this.#ended.signal)) await this.#look.now();
    } catch {
      // Without a watch it goes on looking.
    }
  }

  async #read(): Promise<void> {
    const { reader, app, trust, onNews, onAlarm } = this.#options;
    const read = await reader.app(app);
    if (read.outcome !== 'found') return;
    const taken = trust.takeApp(read.value);
    if (!taken.ok) {
      if (taken.refusal.code !== 'charter-rolled-back') onAlarm(taken.refusal);
      return;
    }
    if (taken.value === 'newer') onNews(read.value);
  }
}
