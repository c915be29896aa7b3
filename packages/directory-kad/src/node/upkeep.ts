import type { KadClock } from '../kad-clock.ts';

export interface UpkeepTask {
  readonly everyMs: number;
  readonly run: () => void;
}

/** Runs tasks again and again, each a little off its time, so that the nodes of a network do not all act at once. */
export class Upkeep {
  readonly #clock: KadClock;
  readonly #chance: () => number;
  readonly #cancels = new Set<() => void>();
  #isStopped = false;

  constructor(clock: KadClock, chance: () => number) {
    this.#clock = clock;
    this.#chance = chance;
  }

  every({ everyMs, run }: UpkeepTask): void {
    this.after(everyMs * (0.75 + this.#chance() / 2), () => {
      run();
      this.every({ everyMs, run });
    });
  }

  /** Runs once, unless it is stopped before. */
  after(milliseconds: number, run: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#clock.after(milliseconds, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
