import type { IdentityId } from '@themis-mesh/core';

/** How many channels are open with each identity. */
export class PeerCounts {
  readonly #counts = new Map<IdentityId, number>();

  of(id: IdentityId): number {
    return this.#counts.get(id) ?? 0;
  }

  add(id: IdentityId): void {
    this.#counts.set(id, this.of(id) + 1);
  }

  remove(id: IdentityId): void {
    const left = this.of(id) - 1;
    if (left > 0) this.#counts.set(id, left);
    else this.#counts.delete(id);
  }
}
