import { join } from 'node:path';
import {
  anchorOf,
  compareHistories,
  MAX_SKEW_SECONDS,
  nextCharter,
  showSequence,
  signMembership,
  ThemisError,
  type AppState,
  type CharterContents,
  type Member,
  type MemorySigner,
} from '@themis-mesh/core';
import { ensurePrivateFolder, IdentityFile, renewAnchor, StoredApps, withLock, type StoredIdentity } from '@themis-mesh/storage';
import { publishApp, PUBLISHED, type Published } from './publish.ts';
import { keepApp, readApp } from './read-app.ts';
import type { Workplace } from './workplace.ts';

/** How long a membership lasts: 90 days, in seconds. It is renewed from the middle of its life on. */
export const MEMBERSHIP_SECONDS = 7_776_000;

/** The most members, and the most removed ones, that a charter may name. */
const MAX_ENTRIES = 4096;

/**
 * The owner of an app at work: with the app's keys, and with its newest state. There is one at a time in each home, so that
 * what it reads, changes and signs is not changed in between.
 */
export class Owner {
  readonly place: Workplace;
  readonly #signers: readonly MemorySigner[];
  readonly #identity: StoredIdentity;
  #app: AppState;
  #published: Published = PUBLISHED;

  private constructor(place: Workplace, identity: StoredIdentity, app: AppState) {
    this.place = place;
    this.#identity = identity;
    this.#signers = identity.signers;
    this.#app = app;
  }

  /**
   * @throws ThemisError THEMIS_OWNER_MISSING where the home holds no keys of the app, THEMIS_LOCK_BUSY, THEMIS_CLOCK_BEHIND, and
   * those of reading keys and the app
   */
  static async at<T>(place: Workplace, work: (owner: Owner) => Promise<T>): Promise<T> {
    await requireOwner(place);
    return underOwnersLock(place, async () => {
      const identity = await readOwner(place);
      const app = await readApp(place);
      requireForward(place, identity, app);
      return work(new Owner(place, identity, app));
    });
  }

  get app(): AppState {
    return this.#app;
  }

  /** Whether the directory has all that was signed. */
  get published(): Published {
    return this.#published;
  }

  /**
   * Signs the next charter, remembers it, moves the home's anchor on to it, and publishes it; in this order, so that a crash
   * in between leaves the owner with its newest charter. Removals that no membership can outlast any more are left out.
   *
   * @throws ThemisError THEMIS_APP_FULL
   */
  async sign(change: Partial<CharterContents>): Promise<AppState> {
    const { home, directory, now } = this.place;
    const { members, removed, admitters, timekeepers, imports, policies } = { ...this.#app.charter.claims, ...change };
    const contents = { members, removed: removed.filter(({ until }) => until > now), admitters, timekeepers, imports, policies };
    if (members.length > MAX_ENTRIES || contents.removed.length > MAX_ENTRIES) {
      throw new ThemisError('THEMIS_APP_FULL', `${members.length} members, ${contents.removed.length} removed`);
    }
    const next = await nextCharter(this.#app, this.#identity.history, this.#signers, contents, { now });
    await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
    await keepApp(apps, next);
    await renewAnchor(home.appFile, anchorOf(next));
    this.note(await publishApp(directory, next));
    this.#app = await this.#readBack(next);
    return this.#app;
  }

  /** Signs that an identity is a member under the charter of now. @returns the wire form */
  async admit(member: Member): Promise<Uint8Array> {
    const { now } = this.place;
    const { history, charter } = this.#app;
    const claims = { app: history.id, charter: charter.sequence, member, iat: now, exp: now + MEMBERSHIP_SECONDS };
    return (await signMembership(claims, this.#signers)).bytes;
  }

  /** Takes note of what became of something that was to be published. */
  note(published: Published): void {
    if (published.is === 'unpublished') this.#published = published;
  }

  async #readBack(signed: AppState): Promise<AppState> {
    const found = await readApp(this.place);
    if (found.charter.digest === signed.charter.digest) return found;
    const [wanted, held] = [signed, found].map(({ charter }) => `${showSequence(charter.sequence)} ${charter.digest}`);
    throw new ThemisError('THEMIS_CHARTER_FORKED', `signed was ${wanted}, found ${held}`);
  }
}

/** Nobody else in this home works as the owner meanwhile. */
export async function underOwnersLock<T>({ home }: Pick<Workplace, 'home'>, work: () => Promise<T>): Promise<T> {
  await ensurePrivateFolder(home.owner.folder);
  return withLock(join(home.owner.folder, 'charter'), work);
}

/** Whether this home is one of an app's owner. Looked at before anything is made there. */
async function requireOwner({ home }: Workplace): Promise<void> {
  const { anchor } = await home.app();
  const owner = await new IdentityFile(home.owner.identity).readPublic();
  if (owner === undefined) throw new ThemisError('THEMIS_OWNER_MISSING', home.owner.identity);
  if (owner.history.id === anchor.app) return;
  throw new ThemisError('THEMIS_HOME_FOREIGN', `${home.root} is for ${anchor.app}, its owner's keys are of ${owner.history.id}`);
}

async function readOwner({ home, sealing }: Workplace): Promise<StoredIdentity> {
  const identity = await new IdentityFile(home.owner.identity, sealing).read();
  if (identity === undefined) throw new ThemisError('THEMIS_OWNER_MISSING', home.owner.identity);
  return identity;
}

/** Nothing is signed by superseded keys, or dated before what was signed last. */
function requireForward({ now }: Workplace, { history }: StoredIdentity, app: AppState): void {
  const standing = compareHistories(app.history, history);
  if (standing === 'forks' || standing === 'precedes') {
    const detail = `the app has gone on to event ${app.history.seq}, the owner's keys are of event ${history.seq}`;
    throw new ThemisError('THEMIS_IDENTITY_KEYS', detail);
  }
  const signedAt = app.charter.claims.iat;
  if (now + MAX_SKEW_SECONDS >= signedAt) return;
  throw new ThemisError('THEMIS_CLOCK_BEHIND', `the last charter is dated ${signedAt}, it is ${now}`);
}
