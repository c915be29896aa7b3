import type { AppState } from '../app/app-state.ts';
import type { Credentials } from '../app/belief.ts';
import { DEFAULT_FRESHNESS_SECONDS } from '../app/head.ts';
import { readMembership, type Membership } from '../app/membership.ts';
import { KnownIdentities } from '../certificate/known-identities.ts';
import { verifyChain, type VerifiedChain } from '../certificate/verify-chain.ts';
import { compareHistories } from '../identity/compare.ts';
import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import { TargetName } from '../app/target-name.ts';
import type { Member } from '../app/member.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { UnverifiedStatement } from '../statement/jws.ts';
import { BelievedApp } from './believed-app.ts';
import { ImportedApps, type SeenApps } from './imported-apps.ts';
import { peerOf, type Peer, type Recognised } from './peer.ts';

/** The memory of a verifier: of each identity the furthest history seen. What is remembered is never forgotten or taken back. */
export interface SeenHistories {
  get(id: IdentityId): History | undefined;
  /** Keeps a history that is new, or extends the one held. Must take effect at once; writing it down may follow. */
  remember(history: History): void;
}

export interface TrustOptions {
  readonly app: AppState;
  readonly seen: SeenHistories;
  /** What was seen of the apps that this one imports. Default: nothing, remembered for as long as the verifier lives. */
  readonly seenApps?: SeenApps;
  /** Seconds; how old news may be. Default 600. */
  readonly freshness?: number;
  /**
   * Whether new connections need the word of more than half the timekeepers that the charter held is the newest; with a member of
   * an imported app, of that app's timekeepers too. Default false.
   */
  readonly strict?: boolean;
  /** Hears of a history, verified, that departs from the one remembered, which stays: the two are proof of a theft. */
  readonly onFork?: (remembered: History, presented: History) => void;
}

/** A service as some charter names it, and the app whose charter that is. */
export interface NamedService {
  readonly app: IdentityId;
  readonly member: Member;
}

/**
 * All that one verifier believes: an app's history and charter, what timekeepers say of it, the same of the apps that it imports,
 * and the histories seen. Every decision about a peer is a function of that and of the time given.
 *
 * The own app decides first: whom it names or has removed is judged by it alone, whatever another app says.
 */
export class Trust {
  readonly #seen: SeenHistories;
  readonly #onFork: NonNullable<TrustOptions['onFork']>;
  readonly #known = new KnownIdentities();
  // By the very bytes that a remembered leaf holds, so that a known leaf's membership is not read again.
  readonly #memberships = new WeakMap<Uint8Array, Verdict<UnverifiedStatement<Membership>>>();
  readonly #own: BelievedApp;
  readonly #imports: ImportedApps;

  constructor(options: TrustOptions) {
    const { app, seen, freshness = DEFAULT_FRESHNESS_SECONDS, strict = false, onFork = () => undefined } = options;
    this.#seen = seen;
    this.#onFork = onFork;
    this.#own = new BelievedApp(app, { freshness, strict });
    this.#imports = new ImportedApps(options.seenApps ?? forgetful(), { freshness, strict });
    this.#imports.follow(app.charter);
    seen.remember(app.history);
  }

  get app(): AppState {
    return this.#own.state;
  }

  /** What is believed of the own app, or of one that it imports; undefined of any other, and where nothing is held yet. */
  appState(app: IdentityId): AppState | undefined {
    return app === this.#own.state.history.id ? this.#own.state : this.#imports.state(app);
  }

  /** Who holds a name, in this app or in an imported one. */
  serviceOf(name: TargetName): NamedService | undefined {
    const { service, alias } = TargetName.partsOf(name);
    const { history, charter } = this.#own.state;
    const app = alias === undefined ? history.id : charter.importByAlias(alias)?.app;
    const member = app === undefined ? undefined : this.appState(app)?.charter.memberByName(service);
    return app === undefined || member === undefined ? undefined : { app, member };
  }

  /** The furthest history known of an identity. */
  history(id: IdentityId): History | undefined {
    return this.#seen.get(id);
  }

  /** Goes on to a newer charter, of the own app or an imported one. After `newer` every open connection is to be judged again. */
  takeApp(next: AppState): Verdict<'same' | 'newer'> {
    const isOwn = next.history.id === this.#own.state.history.id;
    const taken = isOwn ? this.#own.take(next) : this.#imports.take(next);
    if (!taken.ok || taken.value === 'same') return taken;
    if (isOwn) this.#imports.follow(next.charter);
    this.#seen.remember(next.history);
    return taken;
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

  /**
   * @param timekeeper who is said to have signed the head
   * @param app of which it is. Default: the own one
   */
  takeHead(bytes: Uint8Array, timekeeper: History, now: number, app: IdentityId = this.#own.state.history.id): Verdict<'taken'> {
    const isOwn = app === this.#own.state.history.id;
    return isOwn ? this.#own.takeHead(bytes, timekeeper, now) : this.#imports.takeHead(app, bytes, timekeeper, now);
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
    const membership = this.#membershipOf(chain);
    if (membership?.ok === false) return membership;
    if (membership?.ok === true && membership.value.claims.exp < chain.notAfter) {
      return refuse(
        'membership-outlived',
        `the leaf ends at ${chain.notAfter}, its membership at ${membership.value.claims.exp}`,
      );
    }
    const recognised = this.#find({ history: chain.history, membership: membership?.value }, now);
    return recognised.ok ? accept(peerOf(chain, recognised.value, since)) : recognised;
  }

  /** @returns undefined for a stranger: an identity that neither this app nor an imported one names or has removed */
  #find(peer: Credentials, now: number): Verdict<Recognised | undefined> {
    const stale = this.#own.staleness(now);
    if (stale !== undefined) return stale;
    const belief = this.#own.recognise(peer, now);
    if (!belief.ok) return belief;
    const app = this.#own.state.history.id;
    if (belief.value !== undefined) return accept({ app, alias: undefined, belief: belief.value });
    return this.#imports.recognise(peer, now);
  }

  /** What a leaf carries, read and not verified. */
  #membershipOf({ membership }: VerifiedChain): Verdict<UnverifiedStatement<Membership>> | undefined {
    if (membership === undefined) return undefined;
    const read = this.#memberships.get(membership) ?? readMembership(membership);
    this.#memberships.set(membership, read);
    return read;
  }
}

function forgetful(): SeenApps {
  const seen = new Map<IdentityId, AppState>();
  return { get: (app) => seen.get(app), remember: (state) => void seen.set(state.history.id, state) };
}
