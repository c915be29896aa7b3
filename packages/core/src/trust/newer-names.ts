import type { Belief } from '../app/belief.ts';
import type { ServiceName } from '../app/name.ts';
import { compareSequences, type Sequence } from '../app/sequence.ts';
import type { IdentityId } from '../identity/id.ts';

interface Holder {
  readonly id: IdentityId;
  readonly charter: Sequence;
}

/**
 * Who holds a name by a membership that was believed and is ahead of the charter held: whoever has the name by an older
 * charter has lost it, and is not taken for its holder until the newer charter comes.
 */
export class NewerNames {
  readonly #holders = new Map<ServiceName, Holder>();

  /**
   * @param charter the one held
   * @returns who holds the name instead; undefined where it is the member believed, whose word is then kept
   */
  take({ member, charter: own }: Belief, charter: Sequence): IdentityId | undefined {
    for (const [name, holder] of this.#holders) if (compareSequences(holder.charter, charter) <= 0) this.#holders.delete(name);
    const held = this.#holders.get(member.name);
    if (held !== undefined && held.id !== member.id && compareSequences(held.charter, own) > 0) return held.id;
    if (compareSequences(own, charter) > 0) this.#holders.set(member.name, { id: member.id, charter: own });
    return undefined;
  }
}
