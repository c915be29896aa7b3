import {
  appStateBytes,
  isTurnedByNews,
  type IdentityId,
  type Refusal,
  type RefusalCode,
  ThemisError,
  type Trust,
} from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import { Repeat } from './repeat.ts';

export interface NewsOptions {
  /** The own app, or one that it imports. */
  readonly app: IdentityId;
  readonly trust: Trust;
  readonly reader: DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** With whom connections are open: their keys are asked after too. */
  readonly peers: () => Iterable<IdentityId>;
  /** A newer charter is believed: every open channel is to be judged again. */
  readonly onCharter: () => void;
  /** Newer keys of an identity are believed: every open channel is to be judged again. */
  readonly onKeys: () => void;
  readonly onAlarm: (refusal: Refusal) => void;
  /** The directory did not answer. What is believed stays. */
  readonly onUnavailable: (error: ThemisError) => void;
}

/** How often it looks though no change was told. */
const LOOK_MS = 30_000;

const BEHIND = 'it does not answer, or is behind what it said before';

/** The least between two looks that strangers cause. */
const HINT_MS = 1000;

/** Brings the app's newer charters, and the newer keys of its members, from the directory into what this process believes. */
export class News implements Disposable {
  readonly #options: NewsOptions;
  readonly #look: Repeat;
  readonly #ended = new AbortController();
  readonly #alarms = new Set<RefusalCode>();
  #isWatched = false;
  #hintCalledOff: (() => void) | undefined;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#look = new Repeat(options.clock, async () => {
      this.#watch();
      await this.#read();
      return LOOK_MS;
    });
  }

  /** Looks whenever the directory tells of a change, and from time to time without. */
  start(): void {
    void this.#look.now();
  }

  /** Looks now. Does not throw. */
  refresh(): Promise<void> {
    return this.#look.now();
  }

  /** Somebody was refused: looks soon, where news may turn that. However many are, it looks once a second at the most. */
  hint(code: RefusalCode): void {
    if (!isTurnedByNews(code) || this.#hintCalledOff !== undefined) return;
    const again = this.#options.clock.after(HINT_MS, () => {
      this.#hintCalledOff = undefined;
    });
    this.#hintCalledOff = again;
    void this.#look.now();
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#hintCalledOff?.();
    this.#look[Symbol.dispose]();
  }

  /** Begins to watch, or again where the directory ended it. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const { directory, app } = this.#options;
    try {
      for await (const { bytes } of directory.watch({ kind: 'charter', id: app }, this.#ended.signal)) {
        if (!this.#believes(bytes)) void this.#look.now();
      }
    } catch {
      // Without a watch it goes on looking, and tries to watch again.
    } finally {
      this.#isWatched = false;
    }
  }

  /** Whether what a watch tells is what is held: as the first thing that it tells is mostly. */
  #believes(bytes: Uint8Array): boolean {
    const { app, trust } = this.#options;
    const held = trust.appState(app);
    return held !== undefined && Buffer.compare(appStateBytes(held), bytes) === 0;
  }

  async #read(): Promise<void> {
    try {
      await this.#readCharter();
      await this.#readHistories();
      await this.#readHeads();
    } catch (error) {
      // The directory was closed meanwhile, by whoever closes this too; or it throws, and is asked again like one that is away.
      if (!this.#ended.signal.aborted) this.#options.onUnavailable(unavailable(error));
    }
  }

  async #readCharter(): Promise<void> {
    const { reader, app, trust, clock, onCharter, onAlarm, onUnavailable } = this.#options;
    const read = await reader.app(app);
    if (read.outcome === 'unavailable') onUnavailable(read.error);
    // What was seen before is as good, but may not be all that there is.
    if (read.outcome === 'found' && read.stale) onUnavailable(new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', BEHIND));
    const taken = read.outcome === 'found' ? trust.takeApp(read.value) : undefined;
    // A directory that is behind is no alarm: it cannot take back what is believed.
    if (taken?.ok === false && taken.refusal.code !== 'charter-rolled-back') onAlarm(taken.refusal);
    if (taken?.ok === true && taken.value === 'newer') onCharter();
    const exp = trust.appState(app)?.charter.claims.exp ?? Infinity;
    this.#alarmWhile(exp * 1000 <= clock.now(), { code: 'charter-expired', detail: `at ${exp}` });
  }

  /** After a theft, connections under the old keys are to end, though nobody dials anew. */
  async #readHistories(): Promise<void> {
    const { reader, trust, peers, onKeys, onAlarm } = this.#options;
    for (const id of new Set(peers())) {
      const read = await reader.history(id);
      if (read.outcome !== 'found') continue;
      const taken = trust.takeHistory(read.value);
      if (!taken.ok) onAlarm(taken.refusal);
      else if (taken.value === 'newer') onKeys();
    }
  }

  /** What the timekeepers say of the charter: with `strict`, nobody new is believed without their word. */
  async #readHeads(): Promise<void> {
    const { reader, directory, app, trust, clock } = this.#options;
    for (const { id } of trust.appState(app)?.charter.claims.timekeepers ?? []) {
      const answer = await directory.find({ kind: 'head', id: app, by: id });
      const history = await reader.history(id);
      if (answer.outcome !== 'found' || history.outcome !== 'found') continue;
      // One that is refused has ended, or is of nobody who may say so: as good as none.
      trust.takeHead(answer.record.bytes, history.value, Math.floor(clock.now() / 1000), app);
    }
  }

  /** Raises an alarm once, until what it is about is over. */
  #alarmWhile(isWrong: boolean, refusal: Refusal): void {
    if (isWrong && !this.#alarms.has(refusal.code)) this.#options.onAlarm(refusal);
    if (isWrong) this.#alarms.add(refusal.code);
    else this.#alarms.delete(refusal.code);
  }
}

function unavailable(cause: unknown): ThemisError {
  const message = cause instanceof Error ? cause.message : 'it throws what is no error';
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', message, { cause });
}
