import type { PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { Answer } from '../messages/answer.ts';
import type { Request } from '../messages/request.ts';
import { Lookup, type LookupPlan } from './lookup.ts';

export interface LookupTask extends LookupPlan {
  /** What each node is asked. */
  readonly request: () => Request;
  /** How many answers of the kind that is sought are enough. Undefined: all that there are. */
  readonly enough?: number | undefined;
  /**
   * Hears each answer.
   *
   * @param isNear whether a node of that name is one of the nearest, as far as is known now
   * @returns how many more are wanted: with 0 it ends, with fewer nobody is asked in vain
   */
  readonly onAnswer?: (from: PlacedContact, answer: Answer, path: number, isNear: (name: string) => boolean) => number;
  readonly signal?: AbortSignal | undefined;
}

/** What a lookup needs of the node that it is of. */
export interface LookupGround {
  readonly clock: KadClock;
  /** @returns a rejected promise where no answer comes */
  ask(to: PlacedContact, request: Request): Promise<Answer>;
  /** After how many milliseconds an answer of that peer is late. */
  slowMs(of: PlacedContact): number;
  /** The nodes that an answer tells of, as far as the charter knows them. */
  placed(answer: Answer): readonly PlacedContact[];
}

export interface LookupResult {
  /** The nearest that have answered, the nearest first. */
  readonly closest: readonly PlacedContact[];
  /** How many as near as those did not. */
  readonly missing: number;
  readonly asked: number;
}

/** Drives a {@link Lookup} until it is done, has enough, or the signal ends it. Who does not answer is passed over. */
export function runLookup(ground: LookupGround, task: LookupTask): Promise<LookupResult> {
  return new Promise((resolve) => {
    new RunningLookup(ground, task, resolve).go();
  });
}

class RunningLookup {
  readonly #ground: LookupGround;
  readonly #task: LookupTask;
  readonly #lookup: Lookup;
  readonly #resolve: (result: LookupResult) => void;
  #isOver = false;
  /** How many more answers are wanted. */
  #missing: number;

  constructor(ground: LookupGround, task: LookupTask, resolve: (result: LookupResult) => void) {
    this.#ground = ground;
    this.#task = task;
    this.#lookup = new Lookup(task);
    this.#resolve = resolve;
    this.#missing = task.enough ?? Infinity;
  }

  go(): void {
    this.#task.signal?.addEventListener('abort', this.#end, { once: true });
    if (this.#task.signal?.aborted === true) this.#end();
    else this.#goOn();
  }

  #goOn(): void {
    if (this.#isOver) return;
    // One more than are wanted: not each answer is what is sought.
    for (const { contact, path } of this.#lookup.next(this.#missing + 1)) this.#ask(contact, path);
    if (this.#lookup.isDone) this.#end();
  }

  #ask(contact: PlacedContact, path: number): void {
    const cancel = this.#ground.clock.after(this.#ground.slowMs(contact), () => {
      this.#lookup.late(contact);
      this.#goOn();
    });
    this.#ground.ask(contact, this.#task.request()).then(
      (answer) => {
        cancel();
        if (this.#isOver) return;
        this.#lookup.answered(contact, this.#ground.placed(answer));
        this.#missing = this.#task.onAnswer?.(contact, answer, path, this.#isNear) ?? this.#missing;
        if (this.#missing === 0) this.#end();
        else this.#goOn();
      },
      () => {
        cancel();
        this.#lookup.failed(contact);
        this.#goOn();
      },
    );
  }

  readonly #isNear = (name: string): boolean => this.#lookup.isNear(name);

  readonly #end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#task.signal?.removeEventListener('abort', this.#end);
    const { asked } = this.#lookup;
    this.#resolve({ closest: this.#lookup.closest(), missing: this.#lookup.missing().length, asked });
  };
}
