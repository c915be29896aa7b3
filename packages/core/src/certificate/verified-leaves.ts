import { hash } from 'node:crypto';
import type { History } from '../identity/history.ts';
import { accept, type Verdict } from '../outcome/verdict.ts';
import { verifyLeafUnder, type VerifiedLeaf } from './verify-leaf.ts';

interface Known {
  readonly leaf: VerifiedLeaf;
  readonly at: number;
  /** The last event of the history that it was verified under. */
  readonly under: string;
}

/**
 * {@link verifyLeafUnder}, which does not verify again what it verified before under the same history: an instance refreshes its
 * record every few seconds, and its leaf lasts for minutes.
 */
export class VerifiedLeaves {
  readonly #capacity: number;
  readonly #known = new Map<string, Known>();

  /** @param capacity how many leaves are kept in mind; those verified first go first */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param now seconds since 1970 */
  verify(leaf: Uint8Array, history: History, now: number): Verdict<VerifiedLeaf> {
    const name = hash('sha256', leaf, 'base64');
    const known = this.#known.get(name);
    const isGood = known !== undefined && known.under === history.last.digest && now >= known.at && now < known.leaf.goodUntil;
    if (isGood) return accept(known.leaf);
    const verdict = verifyLeafUnder(leaf, history, now);
    this.#known.delete(name);
    if (!verdict.ok) return verdict;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= this.#capacity && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(name, { leaf: verdict.value, at: now, under: history.last.digest });
    return verdict;
  }
}
