import { KAD } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';

/** The most that are kept in mind; those lost first go first. */
const MOST_LOST = 256;

/**
 * Nodes that did not answer any more. They may be dead; or the network was divided, and its two halves would never hear of each
 * other again if neither asked whether the other is back.
 */
export class LostContacts {
  readonly #lost = new Map<string, { readonly contact: PlacedContact; readonly since: number }>();

  get size(): number {
    return this.#lost.size;
  }

  /** @param now milliseconds of the monotonic clock */
  add(contact: PlacedContact, now: number): void {
    this.#lost.delete(contact.name);
    this.#lost.set(contact.name, { contact, since: now });
    const [oldest] = this.#lost.keys();
    if (this.#lost.size > MOST_LOST && oldest !== undefined) this.#lost.delete(oldest);
  }

  /** It is back, or is no node any more. */
  remove(name: string): void {
    this.#lost.delete(name);
  }

  /** Whom to ask now, in turns. Who has been gone for too long is forgotten. */
  next(now: number): readonly PlacedContact[] {
    const turn = [...this.#lost.values()].slice(0, KAD.lostProbes);
    for (const { contact, since } of turn) {
      this.#lost.delete(contact.name);
      if (now - since < KAD.lostMs) this.#lost.set(contact.name, { contact, since });
    }
    return turn.map(({ contact }) => contact);
  }
}
