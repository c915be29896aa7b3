import { advanceApp, type AppState } from '../app/app-state.ts';
import { believeMember, type Belief } from '../app/belief.ts';
import { DEFAULT_FRESHNESS_SECONDS, verifyHead } from '../app/head.ts';
import { readMembership, type Membership } from '../app/membership.ts';
import { KnownIdentities } from '../certificate/known-identities.ts';
import { verifyChain, type VerifiedChain } from '../certificate/verify-chain.ts';
import { compareHistories } from '../identity/compare.ts';
import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { UnverifiedStatement } from '../statement/jws.ts';
import { Heads } from './heads.ts';
import { NewerNames } from './newer-names.ts';
import { peerOf, type Peer } from './peer.ts';

/** The memory of a verifier: of each identity the furthest history seen. What is remembered is never forgotten or taken back. */
export interface SeenHistories {
  get(id: IdentityId): History | undefined;
  /** Keeps a history that is new, or extends the one held. Must take effect at once; writing it down may follow. */
  remember(history: History): void;
}

export interface TrustOptions {
  readonly app: AppState;
  readonly seen: SeenHistories;
  /** Seconds; how old news may be. Default 600. */
  readonly freshness?: number;
  /**
   * Whether new connections need the word of more than half the timekeepers that the charter held is the newest. Default
   * false.
   */
  readonly strict?: boolean;
  /** Hears of a history, verified, that departs from the one remembered, which stays: the two are proof of a theft. */
  readonly onFork?: (remembered: History, presented: History) => void;
}

/**
 * All that one verifier believes: an app's history and charter, what timekeepers say of it, and the histories seen.
 * Every decision about a peer is a function of that and of the time given.
 */
export class Trust {
  readonly #seen: SeenHistories;
  readonly #freshness: number;
  readonly #strict: boolean;
  readonly #onFork: NonNullable<TrustOptions['onFork']>;
  readonly #heads = new Heads();
  readonly #known = new KnownIdentities();
  readonly #names = new NewerNames();
  // By the very bytes that a remembered leaf holds, so that a known leaf's membership is not read again.
  readonly #memberships = new WeakMap<Uint8Array, Verdict<UnverifiedStatement<Membership>>>();
  #app: AppState;

  constructor({ app, seen, freshness = DEFAULT_FRESHNESS_SECONDS, strict = false, onFork = () => undefined }: TrustOptions) {
    this.#app = app;
    this.#seen = seen;
    this.#freshness = freshness;
    this.#strict = strict;
    this.#onFork = onFork;
    seen.remember(app.history);
  }

  get app(): AppState {
    return this.#app;
  }

  /** The furthest history known of an identity. */
  history(id: IdentityId): History | undefined {
    return this.#seen.get(id);
  }

  /** Goes on to a newer charter. After `newer` every open connection is to be judged again. */
  takeApp(next: AppState): Verdict<'same' | 'newer'> {
    if (next.history.id !== this.#app.history.id) return refuse('charter-other-app', next.history.id);
    const advance = advanceApp(this.#app, next);
    if (!advance.ok || advance.value === 'same') return advance;
    this.#app = next;
    this.#seen.remember(next.history);
    return advance;
  }

  /** Learns of an identity's newer events. After `newer` every open connection is to be judged again. */
  takeHistory(history: History): Verdict<'same' | 'newer'> {
    const remembered = this.#seen.get(history.id);
    const standing = remembered === undefined ? 'extends' : compareHistories(remembered, history);
    switch (standing) {
      case 'forks':
        if (remembered !== undefined) this.#onFork(remembered, history);
        return refuse('history-forked', history.id);
      case 'same':
      case 'precedes':
        return accept('same');
      case 'extends':
        this.#seen.remember(history);
        return accept('newer');
    }
  }

  /** @param timekeeper who is said to have signed the head */
  takeHead(bytes: Uint8Array, timekeeper: History, now: number): Verdict<'taken'> {
    const head = verifyHead(bytes, timekeeper, this.#app.charter, now, this.#freshness);
    if (!head.ok) return head;
    this.#heads.take(timekeeper.id, head.value);
    return accept('taken');
  }

  /** Proves who presents a chain, and remembers its history. @param chain DER, the leaf first. @param now seconds since 1970 */
  authenticate(chain: readonly Uint8Array[], now: number): Verdict<Peer> {
    const seen = (id: IdentityId): History | undefined => this.#seen.get(id);
    const verified = verifyChain(chain, { now, seen, cache: this.#known, onFork: this.#onFork });
    if (!verified.ok) return verified;
    const { standing, history } = verified.value;
    const peer = this.#recognise(verified.value, now);
    // Only of members: strangers could fill the memory with identities made for the purpose.
    if (peer.ok && peer.value.name !== undefined && (standing === 'first' || standing === 'extends')) {
      this.#seen.remember(history);
    }
    return peer;
  }

  /** Judges a peer of an open connection again, by what is believed now. */
  authenticateAgain(peer: Peer, now: number): Verdict<Peer> {
    const { chain } = peer;
    const remembered = this.#seen.get(chain.id);
    const standing = remembered === undefined ? 'same' : compareHistories(remembered, chain.history);
    if (standing === 'forks') return refuse('history-forked', chain.id);
    const goodUntil = Math.min(chain.notAfter, remembered?.goodUntil(chain.keySeq) ?? Infinity);
    if (remembered?.retired === true) return refuse('history-retired', chain.id);
    if (goodUntil <= now) {
      return refuse(chain.notAfter <= now ? 'leaf-ended' : 'history-superseded', `since ${goodUntil}, it is ${now}`);
    }
    return this.#recognise({ ...chain, goodUntil }, now, peer.since);
  }

  #recognise(chain: VerifiedChain, now: number, since = now): Verdict<Peer> {
    const { charter } = this.#app;
    const membership = this.#membershipOf(chain);
    if (membership?.ok === false) return membership;
    if (membership?.ok === true && membership.value.claims.exp < chain.notAfter) {
      return refuse(
        'membership-outlived',
        `the leaf ends at ${chain.notAfter}, its membership at ${membership.value.claims.exp}`,
      );
    }
    if (this.#strict && charter.claims.exp <= now) return refuse('charter-expired', `at ${charter.claims.exp}, it is ${now}`);
    if (this.#strict && !this.#heads.confirm(charter, now)) return refuse('freshness', 'too few heads for the charter held');
    const belief = this.#believe(chain, membership?.value, now);
    if (!belief.ok) return belief;
    const holder = belief.value === undefined ? undefined : this.#names.take(belief.value, charter.sequence);
    if (holder !== undefined) return refuse('name-passed-on', `${belief.value?.member.name ?? ''} is ${holder} now`);
    return accept(peerOf(chain, belief.value, since));
  }

  /** What a leaf carries, read and not verified. */
  #membershipOf({ membership }: VerifiedChain): Verdict<UnverifiedStatement<Membership>> | undefined {
    if (membership === undefined) return undefined;
    const read = this.#memberships.get(membership) ?? readMembership(membership);
    this.#memberships.set(membership, read);
    return read;
  }

  /** @returns undefined for a stranger: an identity that the app neither names nor has removed */
  #believe(
    chain: VerifiedChain,
    membership: UnverifiedStatement<Membership> | undefined,
    now: number,
  ): Verdict<Belief | undefined> {
    const holdings = { app: this.#app, newest: this.#heads.newest(this.#app.charter, now), freshness: this.#freshness };
    const belief = believeMember({ history: chain.history, membership }, holdings, now);
    return !belief.ok && belief.refusal.code === 'member-unknown' ? accept(undefined) : belief;
  }
}
