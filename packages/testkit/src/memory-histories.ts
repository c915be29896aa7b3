import { compareHistories, type History, type IdentityId, type SeenHistories } from '@themis-mesh/core';

/** The memory of a verifier that forgets everything at its end. */
export class MemoryHistories implements SeenHistories {
  readonly #furthest = new Map<IdentityId, History>();

  get(id: IdentityId): History | undefined {
    return this.#furthest.get(id);
  }

  remember(history: History): void {
    const held = this.#furthest.get(history.id);
    if (held === undefined || compareHistories(held, history) === 'extends') this.#furthest.set(history.id, history);
  }
}
