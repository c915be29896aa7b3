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

  /** The furthest charter that a head names which has not ended, of those who are timekeepers by the charter held. */
  newest(charter: Charter, now: number): Sequence | undefined {
    return this.#young(charter, now).reduce<Sequence | undefined>(
      (newest, { claims }) => (newest === undefined || compareSequences(claims.charter, newest) > 0 ? claims.charter : newest),
      undefined,
    );
  }

  /** Whether more than half of the timekeepers say, in heads that have not ended, that this charter is the newest. */
  confirm(charter: Charter, now: number): boolean {
    const saying = this.#young(charter, now).filter(({ claims }) => claims.digest === charter.digest);
    return saying.length * 2 > charter.claims.timekeepers.length;
  }

  #young(charter: Charter, now: number): readonly Statement<Head>[] {
    const heads = charter.claims.timekeepers.map(({ id }) => this.#byTimekeeper.get(id));
    return heads.filter((head) => head !== undefined).filter(({ claims }) => claims.exp > now);
  }
}
