import { totalmem } from 'node:os';

const MIB = 1_048_576;

/** One tunnel among those that share memory. */
export interface Tenant {
  /** Bytes that it holds for the other side. */
  readonly held: number;
  /** When something of it was last passed on, by {@link TunnelMemory.tick}. */
  readonly usefulAt: number;
  /** Breaks off streams until it holds no more than that. Does not throw. */
  shrinkTo(bytes: number): void;
}

/**
 * Memory that many tunnels share, so that many peers together hold no more than a few may. Where it is used up, those make way
 * that hold more than their equal part of it: first whose streams were of use least recently.
 */
export class TunnelMemory {
  readonly #most: number;
  readonly #tenants = new Set<Tenant>();
  #held = 0;
  #ticks = 0;
  #isMakingRoom = false;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes held by all. */
  get held(): number {
    return this.#held;
  }

  /** @returns a number that is greater each time */
  tick(): number {
    this.#ticks += 1;
    return this.#ticks;
  }

  /** A tenant holds so much more, or less, than it last said. One that holds nothing is forgotten. */
  change(tenant: Tenant, bytes: number): void {
    this.#held += bytes;
    if (tenant.held > 0) this.#tenants.add(tenant);
    else this.#tenants.delete(tenant);
    if (this.#held > this.#most && !this.#isMakingRoom) this.#makeRoom();
  }

  #makeRoom(): void {
    this.#isMakingRoom = true;
    // Some more than it must, so that it is not looked for at each piece that comes.
    const goal = this.#most * ENOUGH;
    const part = goal / this.#tenants.size;
    const greedy = [...this.#tenants].filter(({ held }) => held > part).sort((one, other) => one.usefulAt - other.usefulAt);
    for (const tenant of greedy) {
      if (this.#held <= goal) break;
      tenant.shrinkTo(Math.max(part, tenant.held - (this.#held - goal)));
    }
    this.#isMakingRoom = false;
  }
}

const ENOUGH = 7 / 8;

/** What all tunnels of a process may hold that others began: half a GiB, and at most a quarter of the memory that there is. */
export const INBOUND_MEMORY: TunnelMemory = new TunnelMemory(
  // No limit is told as 0, or as a number beyond all memory.
  Math.min(512 * MIB, Math.min(process.constrainedMemory() || Infinity, totalmem()) / 4),
);
