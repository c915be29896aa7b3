import type { Clock } from '../clock.ts';
import { TunnelFault } from './fault.ts';

/** Frames that carry nothing which a peer may send in a second, and how many at once after a quiet time. */
const PER_SECOND = 2000;
const AT_ONCE = 10_000;

/** Counts what costs a peer nothing and us something: resets, pings, empty data, crumbs of credit (CVE-2023-44487 and kin). */
export class Nuisance {
  readonly #clock: Clock;
  #count = 0;
  #countedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedAt = clock.now();
  }

  /** @throws TunnelFault */
  note(what: string): void {
    this.#count += 1;
    // The clock is looked at seldom: most tunnels never come near.
    if (this.#count % 1000 !== 0) return;
    const now = this.#clock.now();
    this.#count = Math.max(0, this.#count - (Math.max(0, now - this.#countedAt) / 1000) * PER_SECOND);
    this.#countedAt = now;
    if (this.#count >= AT_ONCE) throw new TunnelFault('nuisance', `too many frames without use, of late: ${what}`);
    this.#count = Math.ceil(this.#count / 1000) * 1000;
  }
}
