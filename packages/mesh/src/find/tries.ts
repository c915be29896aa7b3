import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import { BoundAttempt, NO_FIELDS, type Attempt } from '../traffic/attempt.ts';
import type { Outcome } from '../traffic/breaker.ts';
import type { CallRules } from '../traffic/call-rules.ts';
import { deadlineFields } from '../traffic/deadline.ts';
import { fastest, outlasts } from '../traffic/hedge.ts';
import type { Balancer, Target } from './balancer.ts';
import type { Again, Errand } from './errand.ts';

/** A try that came to nothing, after which the errand may be run again. */
export class Failed {
  readonly failure: Error;
  readonly again: Exclude<Again, 'nowhere'>;
  readonly target: Target;
  /** Whether it is certain that nothing of it was taken. */
  readonly isUnsent: boolean;
  /** There was an answer, of a kind that is not handed on; the budget has granted another try already. */
  readonly isAnswer: boolean;

  constructor({
    failure,
    again,
    target,
    isUnsent,
    isAnswer,
  }: Readonly<Pick<Failed, 'failure' | 'again' | 'target' | 'isUnsent' | 'isAnswer'>>) {
    this.failure = failure;
    this.again = again;
    this.target = target;
    this.isUnsent = isUnsent;
    this.isAnswer = isAnswer;
  }
}

/** What the errand gave, or why it gave nothing yet. */
export type Tried<T> = T | Failed;

/** What a try may ask of the errand that it belongs to. */
export interface TryContext {
  readonly rules: CallRules;
  /** Whether the errand may be run once more though it may have been taken. It then counts as run. */
  mayAgain(): boolean;
  /** Another target than this one. @throws the signal's reason */
  pickAnother(): Target | undefined | Promise<Target | undefined>;
}

/** Failures before anything of a request was sent, or that say that nothing of it was taken. */
const UNSENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'THEMIS_DIAL_FAILED',
  'THEMIS_HANDSHAKE_FAILED',
  'THEMIS_HANDSHAKE_TIMEOUT',
  'THEMIS_PEER_REFUSED',
  'THEMIS_REFUSED_BY_PEER',
  'THEMIS_CLOCK_SKEW',
  'THEMIS_OVERLOADED',
]);

/** Why the slower of two tries was ended. */
const OUTRUN = new ThemisError('THEMIS_ABORTED', 'another instance answered sooner');

/** Runs errands once, at one target, and notes what that says of the target. */
export class Tries {
  readonly #balancer: Balancer;

  constructor(balancer: Balancer) {
    this.#balancer = balancer;
  }

  /** @throws what it failed with, where it may not be run again */
  run<T>(errand: Errand<T>, target: Target, context: TryContext): Promise<Tried<T>> {
    const { hedgeAfterMs, tryTimeoutMs } = context.rules;
    if (hedgeAfterMs !== undefined && errand.isRepeatable === true && errand.twin !== undefined) {
      return this.#hedged(errand, target, context, hedgeAfterMs);
    }
    if (tryTimeoutMs === undefined) return this.#once(errand, target, context, this.#plainAttempt(errand));
    return this.#once(errand, target, context, this.#boundAttempt(errand, tryTimeoutMs));
  }

  async #once<T>(errand: Errand<T>, target: Target, context: TryContext, attempt: Attempt): Promise<Tried<T>> {
    const passage = this.#balancer.begin(target, context.rules.outliers);
    const bound = attempt instanceof BoundAttempt ? attempt : undefined;
    const done = (): void => {
      passage.over();
      bound?.end();
    };
    let value: T;
    try {
      value = await errand.run(target, attempt);
    } catch (error) {
      const again = againAfter(error, errand, target);
      passage.end(outcomeOf(error, again, errand));
      done();
      if (again === 'nowhere') throw error;
      // What may be run again is a failure of ours; a signal's reason, which may be anything, is not.
      return new Failed({ failure: error as Error, again, target, isUnsent: isUnsent(error, errand), isAnswer: false });
    }
    bound?.answered();
    const status = errand.statusOf?.(value) ?? 200;
    passage.end(status >= 500 ? 'failed' : 'well');
    errand.whenOver(value, done);
    return refusedAnswer(errand, value, status, target, context) ?? value;
  }

  async #hedged<T>(errand: Errand<T>, target: Target, context: TryContext, afterMs: number): Promise<Tried<T>> {
    const { tryTimeoutMs } = context.rules;
    const first = this.#boundAttempt(errand, tryTimeoutMs);
    const run = this.#once(errand, target, context, first);
    if (!(await outlasts(run, afterMs)) || !context.mayAgain()) return run;
    const other = await pickOrNone(context);
    const twin = errand.twin?.();
    if (other === undefined || twin === undefined || errand.signal?.aborted === true) return run;
    const second = this.#boundAttempt(twin, tryTimeoutMs);
    const discard = (tried: Tried<T>): void => {
      if (!(tried instanceof Failed)) errand.discard?.(tried);
    };
    return fastest<Tried<T>>(
      { run, end: () => first.callOff(OUTRUN) },
      { run: this.#once(twin, other, context, second), end: () => second.callOff(OUTRUN) },
      { isGood: (tried) => !(tried instanceof Failed), discard },
    );
  }

  #plainAttempt<T>({ signal, terms }: Errand<T>): Attempt {
    return { signal, fields: terms?.deadline === undefined ? NO_FIELDS : deadlineFields(terms.deadline, performance.now()) };
  }

  #boundAttempt<T>(errand: Errand<T>, milliseconds: number | undefined): BoundAttempt {
    const { signal, fields } = this.#plainAttempt(errand);
    return new BoundAttempt(errand.service, signal, fields, milliseconds);
  }
}

/** An answer that is not handed on, because another instance may give a better one. */
function refusedAnswer<T>(errand: Errand<T>, value: T, status: number, target: Target, context: TryContext): Failed | undefined {
  const { statuses } = context.rules.retries;
  const isRefused = statuses.size > 0 && statuses.has(status) && errand.isRepeatable === true && errand.discard !== undefined;
  if (!isRefused || !context.mayAgain()) return undefined;
  errand.discard?.(value);
  const failure = new ThemisError('THEMIS_NO_INSTANCE', `${errand.service} answers ${status}`);
  return new Failed({ failure, again: 'elsewhere', target, isUnsent: false, isAnswer: true });
}

function againAfter<T>(error: unknown, errand: Errand<T>, target: Target): Again {
  if (errand.signal?.aborted === true || error === OUTRUN) return 'nowhere';
  if (ThemisError.is(error, 'THEMIS_TRY_TIMEOUT')) {
    return errand.isRepeatable === true || errand.isUnsent?.() === true ? 'elsewhere' : 'nowhere';
  }
  return errand.again(error, target);
}

/** What a failure says of the target. */
function outcomeOf<T>(error: unknown, again: Again, errand: Errand<T>): Outcome {
  const { signal } = errand;
  if (!ThemisError.is(error)) return 'none';
  if (error.code === 'THEMIS_TRY_TIMEOUT' || error.code === 'THEMIS_DEADLINE_PASSED') return 'failed';
  if (signal?.aborted === true) return 'none';
  if (error.code === 'THEMIS_OVERLOADED' || (again === 'anywhere' && isUnsent(error, errand))) return 'busy';
  if (again === 'elsewhere') return 'unreachable';
  const isBroken = error.code === 'THEMIS_CONNECTION_LOST' || error.code === 'THEMIS_ANSWER_MALFORMED';
  return again === 'nowhere' && isBroken ? 'failed' : 'none';
}

function isUnsent<T>(error: unknown, errand: Errand<T>): boolean {
  if (!ThemisError.is(error)) return false;
  return UNSENT.has(error.code) || errand.isUnsent?.() === true;
}

/** Where the caller has gone meanwhile, the try that is under way says so. */
async function pickOrNone(context: TryContext): Promise<Target | undefined> {
  try {
    return await context.pickAnother();
  } catch {
    return undefined;
  }
}
