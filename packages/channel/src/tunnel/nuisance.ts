import type { Clock } from '../clock.ts';
import { TUNNEL_BOUNDS } from './bounds.ts';
import { TunnelFault } from './fault.ts';

/** After how many of them the clock is looked at: most tunnels never come near. */
const LOOK_EVERY = 500;

/**
 * Counts what costs a peer nothing and us something: resets, pings, empty data, crumbs of credit (CVE-2023-44487 and its kin).
 * A bucket that leaks.
 */
export class Nuisance {
  readonly #clock: Clock;
  #level = 0;
  #sinceLook = 0;
  #lookedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.now();
  }

  /** @throws TunnelFault */
  note(what: string): void {
    this.#sinceLook += 1;
    if (this.#sinceLook < LOOK_EVERY) return;
    const now = this.#clock.now();
    // A clock that is set back forgives nothing.
    const seconds = Math.max(0, now - this.#lookedAt) / 1000;
    this.#level = Math.max(0, this.#level - seconds * TUNNEL_BOUNDS.nuisancesPerSecond) + this.#sinceLook;
    this.#lookedAt = now;
    this.#sinceLook = 0;
    if (this.#level > TUNNEL_BOUNDS.nuisancesAtOnce)
      throw new TunnelFault('nuisance', `too many frames without use, of late: ${what}`);
  }
}
