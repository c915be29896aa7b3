import { advanceApp, type AppState } from '../app/app-state.ts';
import { believeMember, type Belief, type Credentials } from '../app/belief.ts';
import { verifyHead } from '../app/head.ts';
import type { History } from '../identity/history.ts';
import { accept, refuse, type Refused, type Verdict } from '../outcome/verdict.ts';
import { Heads } from './heads.ts';
import { NewerNames } from './newer-names.ts';

/** How news are weighed. */
export interface Weighing {
  /** Seconds; how old they may be. */
  readonly freshness: number;
  /** Whether nobody is believed anew without the word of more than half the timekeepers. */
  readonly strict: boolean;
}

/** What is believed of one app: its history and charter, what its timekeepers say, and who holds a name by a newer charter. */
export class BelievedApp {
  readonly #weighing: Weighing;
  readonly #heads = new Heads();
  readonly #names = new NewerNames();
  #state: AppState;

  constructor(state: AppState, weighing: Weighing) {
    this.#state = state;
    this.#weighing = weighing;
  }

  get state(): AppState {
    return this.#state;
  }

  /** Goes on to a newer charter. */
  take(next: AppState): Verdict<'same' | 'newer'> {
    const advance = advanceApp(this.#state, next);
    if (advance.ok && advance.value === 'newer') this.#state = next;
    return advance;
  }

  /** @param timekeeper who is said to have signed the head */
  takeHead(bytes: Uint8Array, timekeeper: History, now: number): Verdict<'taken'> {
    const head = verifyHead(bytes, timekeeper, this.#state.charter, now, this.#weighing.freshness);
    if (!head.ok) return head;
    this.#heads.take(timekeeper.id, head.value);
    return accept('taken');
  }

  /** Why nobody is to be believed by what is held, where fresh news are wanted; undefined where all is well. */
  staleness(now: number): Refused | undefined {
    const { charter } = this.#state;
    if (!this.#weighing.strict) return undefined;
    if (charter.claims.exp <= now) return refuse('charter-expired', `at ${charter.claims.exp}, it is ${now}`);
    return this.#heads.confirm(charter, now) ? undefined : refuse('freshness', 'too few heads for the charter held');
  }

  /** @returns undefined for a stranger: an identity that the app neither names nor has removed */
  recognise(peer: Credentials, now: number): Verdict<Belief | undefined> {
    const { charter } = this.#state;
    const newest = this.#heads.newest(charter, now);
    const belief = believeMember(peer, { app: this.#state, newest, freshness: this.#weighing.freshness }, now);
    if (!belief.ok) return belief.refusal.code === 'member-unknown' ? accept(undefined) : belief;
    const holder = this.#names.take(belief.value, charter.sequence);
    return holder === undefined ? belief : refuse('name-passed-on', `${belief.value.member.name} is ${holder} now`);
  }
}
