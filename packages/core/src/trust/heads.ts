import type { Head } from '../app/head.ts';
import { compareSequences, type Sequence } from '../app/sequence.ts';
import type { Charter } from '../app/charter.ts';
import type { IdentityId } from '../identity/id.ts';
import type { Statement } from '../statement/jws.ts';

/** The newest verified head of each timekeeper. */
export class Heads {
  readonly #byTimekeeper = new Map<IdentityId, Statement<Head>>();

  /** Keeps a head that {@link verifyHead} accepted, where it is newer than the one held. */
  take(timekeeper: IdentityId, head: Statement<Head>): void {
    const held = this.#byTimekeeper.get(timekeeper);
    if (held === undefined || held.claims.iat < head.claims.iat) this.#byTimekeeper.set(timekeeper, head);
  }

  /** The furthest charter that a head names which has not ended. */
  newest(now: number): Sequence | undefined {
    return this.#young(now).reduce<Sequence | undefined>(
      (newest, { claims }) => (newest === undefined || compareSequences(claims.charter, newest) > 0 ? claims.charter : newest),
      undefined,
    );
  }

  /** Whether more than half of the timekeepers say, in heads that have not ended, that this charter is the newest. */
  confirm(charter: Charter, now: number): boolean {
    const timekeepers = charter.claims.timekeepers.map(({ id }) => id);
    const heads = timekeepers.map((id) => this.#byTimekeeper.get(id)?.claims);
    const saying = heads.filter((head) => head !== undefined && head.exp > now && head.digest === charter.digest);
    return saying.length * 2 > timekeepers.length;
  }

  #young(now: number): readonly Statement<Head>[] {
    return [...this.#byTimekeeper.values()].filter(({ claims }) => claims.exp > now);
  }
}
