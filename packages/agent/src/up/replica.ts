import { setTimeout as delay } from 'node:timers/promises';
import { statusOf, type Child, type Ending } from '../child/child.ts';
import { causeOf } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import { backOff, DEATHS_WITHIN_MS } from './back-off.ts';
import type { ServicePlan } from './config.ts';
import type { Launched } from './launch.ts';
import type { ReadyReport } from './ready-report.ts';

/**
 * Where one instance of a service stands. `ended` is the last one: `done` by itself and not to be started again, `stopped`
 * by us, `gave-up` because it died too often.
 */
export type ReplicaState =
  | { readonly is: 'waiting' }
  | { readonly is: 'starting'; readonly pid: number }
  | { readonly is: 'ready'; readonly pid: number; readonly report: ReadyReport | undefined }
  | { readonly is: 'backing-off' }
  | { readonly is: 'stopping'; readonly pid: number }
  | { readonly is: 'ended'; readonly because: 'done' | 'stopped' | 'gave-up'; readonly status: number };

export interface ReplicaOptions {
  readonly plan: ServicePlan;
  /** Its name among the outputs: `orders`, or `orders.2`. */
  readonly label: string;
  readonly launch: () => Promise<Launched>;
  readonly log: Log;
  /** Milliseconds. */
  readonly now: () => number;
  /** Random, 0 to 1. */
  readonly chance: () => number;
  readonly onState: (replica: Replica) => void;
}

/** How long after its drain time a process may take to end before it is killed with its group. Milliseconds. */
const AFTER_DRAIN_MS = 3000;

/** How long after its end its output is still read: what it started may hold it open for ever. Milliseconds. */
const LAST_OUTPUT_MS = 500;

/** One instance of a service: started, started again when it dies, stopped. */
export class Replica {
  readonly label: string;
  readonly plan: ServicePlan;
  /** Whether whatever depends on it may start. */
  readonly begun: Promise<boolean>;
  readonly #options: ReplicaOptions;
  readonly #begun = Promise.withResolvers<boolean>();
  readonly #stopping = new AbortController();
  #state: ReplicaState = { is: 'waiting' };
  #restarts = 0;
  #child: Child | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReplicaOptions) {
    this.label = options.label;
    this.plan = options.plan;
    this.#options = options;
    this.begun = this.#begun.promise;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Runs it until it ended for the last time. */
  run(): Promise<void> {
    this.#running ??= this.#untilItsEnd();
    return this.#running;
  }

  async #untilItsEnd(): Promise<void> {
    const deaths: number[] = [];
    for (;;) {
      const ending = await this.#runOnce();
      if (this.#stopping.signal.aborted) return this.#end('stopped', ending);
      if (!this.#isToBeStartedAgain(ending)) return this.#end(statusOf(ending) === 0 ? 'done' : 'gave-up', ending);
      const now = this.#options.now();
      deaths.push(now);
      const wait = backOff(deaths, now, this.#options.chance());
      if (wait === undefined) return this.#giveUp(ending);
      this.#say('warn', 'ended, and is started again', { ...ending, inSeconds: Math.round(wait / 100) / 10 });
      this.#enter({ is: 'backing-off' });
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return this.#end('stopped', ending);
      this.#restarts += 1;
    }
  }

  /** Asks it to stop, and resolves when it has. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#begun.resolve(false);
    if (this.#running === undefined) this.#end('stopped', { status: 0 });
    if (this.#child?.isRunning === true) this.#askToStop(this.#child);
    await this.#running;
  }

  /** Somebody cannot wait: a sidecar that is asked twice ends its program and itself at once. */
  hurry(): void {
    this.#child?.signal('SIGTERM');
  }

  async #runOnce(): Promise<Ending> {
    if (this.#stopping.signal.aborted) return { status: 0 };
    try {
      const { child, ready, outputs } = await this.#options.launch();
      this.#child = child;
      this.#enter({ is: 'starting', pid: child.pid });
      if (this.#stopping.signal.aborted) this.#askToStop(child);
      void ready.then((report) => {
        if (child.isRunning && this.#state.is === 'starting') this.#enter({ is: 'ready', pid: child.pid, report });
      });
      const ending = await child.ended;
      // What it left behind of its own group would keep its ports.
      child.killGroup();
      setTimeout(() => {
        outputs.out?.destroy();
        outputs.err?.destroy();
      }, LAST_OUTPUT_MS);
      return ending;
    } catch (error) {
      this.#say('error', 'not started', causeOf(error));
      return { status: 127 };
    }
  }

  #askToStop(child: Child): void {
    this.#enter({ is: 'stopping', pid: child.pid });
    child.signal('SIGTERM');
    const patience = this.plan.drain * 1000 + AFTER_DRAIN_MS;
    const timer = setTimeout(() => {
      child.killGroup();
    }, patience);
    void child.ended.then(() => {
      clearTimeout(timer);
    });
  }

  #isToBeStartedAgain(ending: Ending): boolean {
    const { restart } = this.plan;
    return restart === 'always' || (restart === 'on-failure' && statusOf(ending) !== 0);
  }

  #giveUp(ending: Ending): void {
    const seconds = DEATHS_WITHIN_MS / 1000;
    this.#say('error', `died too often within ${seconds} s and is not started again; see its last output above`, { ...ending });
    this.#end('gave-up', ending);
  }

  #end(because: 'done' | 'stopped' | 'gave-up', ending: Ending): void {
    if (this.#state.is === 'ended') return;
    this.#enter({ is: 'ended', because, status: statusOf(ending) });
  }

  #enter(state: ReplicaState): void {
    this.#state = state;
    if (state.is === 'ready') this.#begun.resolve(true);
    if (state.is === 'ended') this.#begun.resolve(state.because === 'done');
    this.#options.onState(this);
  }

  #say(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, string | number>>): void {
    this.#options.log.log(level, `${this.label}: ${message}`, fields);
  }
}
