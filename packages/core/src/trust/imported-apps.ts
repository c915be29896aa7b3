import type { AppState } from '../app/app-state.ts';
import type { Credentials } from '../app/belief.ts';
import type { Charter } from '../app/charter.ts';
import { holdToImport } from '../app/hold-to-import.ts';
import type { Import } from '../app/import.ts';
import type { ServiceName } from '../app/name.ts';
import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Refused, type Verdict } from '../outcome/verdict.ts';
import { BelievedApp, type Weighing } from './believed-app.ts';
import type { Recognised } from './peer.ts';

/** The memory of a verifier: of each app the furthest state seen. What is remembered is never forgotten or taken back. */
export interface SeenApps {
  get(app: IdentityId): AppState | undefined;
  /** Keeps a state that is new, or follows the one held. Must take effect at once; writing it down may follow. */
  remember(state: AppState): void;
}

/** What is believed of the apps that a charter imports, as far as that charter lets it. */
export class ImportedApps {
  readonly #memory: SeenApps;
  readonly #weighing: Weighing;
  #imports: ReadonlyMap<IdentityId, Import> = new Map();
  #believed: ReadonlyMap<IdentityId, BelievedApp> = new Map();

  /** @param memory the floor for each app, also for one that is imported again after a while */
  constructor(memory: SeenApps, weighing: Weighing) {
    this.#memory = memory;
    this.#weighing = weighing;
  }

  /** Takes over what a newer charter of the own app imports. Every open connection is to be judged again. */
  follow({ claims }: Charter): void {
    this.#imports = new Map(claims.imports.map((entry) => [entry.app, entry]));
    this.#believed = new Map(claims.imports.flatMap(({ app }) => this.#keptOrRemembered(app)));
  }

  /** What is held of an app that is imported, as far as it goes to what was pinned. */
  state(app: IdentityId): AppState | undefined {
    const entry = this.#imports.get(app);
    const state = this.#believed.get(app)?.state;
    return entry !== undefined && state !== undefined && holdToImport(state, entry).ok ? state : undefined;
  }

  /** Goes on to a newer charter of an imported app. */
  take(next: AppState): Verdict<'same' | 'newer'> {
    const { id } = next.history;
    const entry = this.#imports.get(id);
    if (entry === undefined) return refuse('charter-other-app', id);
    const held = holdToImport(next, entry);
    if (!held.ok) return held;
    const before = this.#believed.get(id);
    const advance = before?.take(next) ?? accept('newer');
    if (!advance.ok || advance.value === 'same') return advance;
    if (before === undefined) this.#believed = new Map([...this.#believed, [id, new BelievedApp(next, this.#weighing)]]);
    this.#memory.remember(next);
    return advance;
  }

  takeHead(app: IdentityId, bytes: Uint8Array, timekeeper: History, now: number): Verdict<'taken'> {
    const believed = this.state(app) === undefined ? undefined : this.#believed.get(app);
    return believed?.takeHead(bytes, timekeeper, now) ?? refuse('charter-missing', app);
  }

  /**
   * The membership that a peer carries says for which app it acts, and that app's charter decides. Who carries none is looked for
   * in all of them, and refused where several name it: one owner could else take the members of another for its own.
   *
   * @returns undefined for a stranger
   */
  recognise(peer: Credentials, now: number): Verdict<Recognised | undefined> {
    const claimed = peer.membership?.claims.app;
    if (claimed !== undefined) return this.#recogniseIn(this.#imports.get(claimed), peer, now);
    const found: Recognised[] = [];
    let refused: Refused | undefined;
    for (const entry of this.#imports.values()) {
      if (this.state(entry.app) === undefined) continue;
      const verdict = this.#recogniseIn(entry, peer, now);
      if (!verdict.ok) refused ??= verdict;
      else if (verdict.value !== undefined) found.push(verdict.value);
    }
    const [first, second] = found;
    if (second !== undefined) return refuse('member-ambiguous', found.map(({ alias }) => alias).join(' and '));
    return first === undefined && refused !== undefined ? refused : accept(first);
  }

  #recogniseIn(entry: Import | undefined, peer: Credentials, now: number): Verdict<Recognised | undefined> {
    if (entry === undefined) return accept(undefined);
    const { alias, app } = entry;
    const believed = this.#believed.get(app);
    if (believed === undefined || this.state(app) === undefined) return refuse('charter-missing', nameOf(alias, app));
    const stale = believed.staleness(now);
    if (stale !== undefined) return stale;
    const belief = believed.recognise(peer, now);
    if (!belief.ok) return belief;
    return accept(belief.value === undefined ? undefined : { app, alias, belief: belief.value });
  }

  #keptOrRemembered(app: IdentityId): readonly (readonly [IdentityId, BelievedApp])[] {
    const kept = this.#believed.get(app);
    if (kept !== undefined) return [[app, kept]];
    const remembered = this.#memory.get(app);
    return remembered === undefined ? [] : [[app, new BelievedApp(remembered, this.#weighing)]];
  }
}

function nameOf(alias: ServiceName, app: IdentityId): string {
  return `${alias}, the app ${app}`;
}
