import { SuccessWindow } from './success-window.ts';

/** When an instance is passed over because of its answers, and for how long. */
export interface OutlierRules {
  /** So many failures in a row; 0 for any number. */
  readonly consecutive: number;
  /** Less good answers than this, in percent of those within the window; 0 for any. */
  readonly successPercent: number;
  /** So many answers there must be within the window for their share to mean something. */
  readonly volume: number;
  /** Milliseconds. */
  readonly windowMs: number;
  /** How long it is passed over the first time. Milliseconds. It doubles each time that the probe afterwards fails. */
  readonly ejectMs: number;
  /** Milliseconds. */
  readonly maxEjectMs: number;
  /** Of the instances of a service, in percent. */
  readonly maxEjectedPercent: number;
}

export const DEFAULT_OUTLIERS: OutlierRules = {
  consecutive: 5,
  successPercent: 50,
  volume: 20,
  windowMs: 10_000,
  ejectMs: 5000,
  maxEjectMs: 60_000,
  maxEjectedPercent: 50,
};

export type EjectedBecause = 'unreachable' | 'busy' | 'consecutive-failures' | 'success-rate';

/**
 * Where an instance stands. `probing`: its time is over, and one request shows whether it is well again.
 *
 *     in ── enough failures, unreachable ──▶ out ── its time is over, somebody goes ──▶ probing
 *     probing ── well ──▶ in          probing ── not well ──▶ out, for longer          probing ── no result ──▶ out
 *     out ── somebody had nowhere else to go, and it is well ──▶ in
 */
export type BreakerState =
  | { readonly is: 'in'; readonly failures: number }
  | { readonly is: 'out'; readonly because: EjectedBecause; readonly until: number; readonly times: number }
  | { readonly is: 'probing'; readonly because: EjectedBecause; readonly times: number };

/**
 * What came of a request, as far as it says something of the instance. `busy`: it took nothing of it, being full or about to
 * close; `none`: it was called off.
 */
export type Outcome = 'well' | 'failed' | 'unreachable' | 'busy' | 'none';

/** How long an instance is passed over that takes nothing now. Refusing is quick, and must attract nobody. Milliseconds. */
const BUSY_MS = 250;

const WELL: BreakerState = { is: 'in', failures: 0 };

/** How much an ejection is shortened by chance: instances that failed together are not probed together. */
const JITTER = 0.1;

/** Decides whether one instance is to be asked. All times are milliseconds of a clock that never goes back. */
export class Breaker {
  #rules: OutlierRules;
  #window: SuccessWindow;
  #state: BreakerState = WELL;
  /** How often it was taken out or in: a result counts only while nothing has changed since its request began. */
  #epoch = 0;

  constructor(rules: OutlierRules = DEFAULT_OUTLIERS) {
    this.#rules = rules;
    this.#window = new SuccessWindow(rules.windowMs);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  set rules(rules: OutlierRules) {
    if (rules.windowMs !== this.#rules.windowMs) this.#window = new SuccessWindow(rules.windowMs);
    this.#rules = rules;
  }

  /** Whether a request may go there. */
  takes(now: number): boolean {
    const state = this.#state;
    return state.is === 'in' || (state.is === 'out' && state.until <= now);
  }

  /** A request goes there. @returns the epoch, to be handed to {@link end} with its result */
  begin(now: number): number {
    const state = this.#state;
    if (state.is === 'out' && state.until <= now) this.#enter({ is: 'probing', because: state.because, times: state.times });
    return this.#epoch;
  }

  /**
   * A request has its result.
   *
   * @param chance random, 0 to below 1
   * @param mayEject asked before an instance that was reached is taken out: not too many may be
   */
  end(outcome: Outcome, epoch: number, now: number, chance: number, mayEject: () => boolean): void {
    if (epoch !== this.#epoch) return;
    const state = this.#state;
    switch (outcome) {
      case 'none':
        if (state.is === 'probing') this.#enter({ is: 'out', because: state.because, until: now, times: state.times });
        return;
      case 'well':
        this.#window.note(true, now);
        if (state.is !== 'in') this.#comeBack();
        else if (state.failures > 0) this.#state = WELL;
        return;
      case 'busy':
        if (state.is !== 'out') this.#enter({ is: 'out', because: 'busy', until: now + BUSY_MS, times: timesOf(state) });
        return;
      case 'unreachable':
        if (state.is !== 'out') this.#goOut('unreachable', now, chance);
        return;
      case 'failed':
        this.#window.note(false, now);
        if (state.is === 'probing') this.#goOut(state.because, now, chance);
        else if (state.is === 'in') this.#fail(state.failures + 1, now, chance, mayEject);
    }
  }

  /** Passes it over for a time, whatever it answered. */
  avoid(milliseconds: number, now: number): void {
    this.#enter({ is: 'out', because: 'unreachable', until: now + milliseconds, times: timesOf(this.#state) });
  }

  #fail(failures: number, now: number, chance: number, mayEject: () => boolean): void {
    this.#state = { is: 'in', failures };
    const because = this.#reasonToEject(failures, now);
    if (because !== undefined && mayEject()) this.#goOut(because, now, chance);
  }

  #reasonToEject(failures: number, now: number): EjectedBecause | undefined {
    const { consecutive, successPercent, volume } = this.#rules;
    if (consecutive > 0 && failures >= consecutive) return 'consecutive-failures';
    const isEnough = this.#window.volume(now) >= volume;
    return isEnough && this.#window.successPercent(now) < successPercent ? 'success-rate' : undefined;
  }

  #goOut(because: EjectedBecause, now: number, chance: number): void {
    const { ejectMs, maxEjectMs } = this.#rules;
    const times = timesOf(this.#state) + 1;
    const span = Math.min(maxEjectMs, ejectMs * 2 ** Math.min(times - 1, 20)) * (1 - JITTER * chance);
    this.#enter({ is: 'out', because, until: now + span, times });
  }

  #comeBack(): void {
    this.#window.clear();
    this.#enter(WELL);
  }

  #enter(state: BreakerState): void {
    this.#state = state;
    this.#epoch += 1;
  }
}

function timesOf(state: BreakerState): number {
  return state.is === 'in' ? 0 : state.times;
}
