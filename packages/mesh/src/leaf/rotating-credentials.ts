import { planRenewal } from '@themis-mesh/core';
import type { Clock, CredentialSource } from '@themis-mesh/channel';
import type { Leaf, LeafIssuer } from './leaf-issuer.ts';

export interface RotationOptions {
  readonly issuer: LeafIssuer;
  readonly clock: Clock;
  /** Random, 0 to 1: spreads the renewals of instances that started together. */
  readonly chance: () => number;
  readonly onFailure: (error: unknown, left: number) => void;
}

/** A leaf that is replaced by a new one before it ends. While its issuer is away, the old one serves until its end. */
export class RotatingCredentials implements CredentialSource {
  readonly #options: RotationOptions;
  readonly #listeners = new Set<(leaf: Leaf) => void>();
  #current: Leaf;
  #failures = 0;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: RotationOptions, first: Leaf) {
    this.#options = options;
    this.#current = first;
    this.#plan();
  }

  /** Has the first leaf made. @throws what the issuer throws */
  static async start(options: RotationOptions): Promise<RotatingCredentials> {
    return new RotatingCredentials(options, await options.issuer.issue(seconds(options.clock)));
  }

  get current(): Leaf {
    return this.#current;
  }

  onChange(listener: (leaf: Leaf) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replaces the leaf now. @throws what the issuer throws; the leaf before stays */
  async renew(): Promise<void> {
    const next = await this.#options.issuer.issue(seconds(this.#options.clock));
    if (this.#isClosed) return;
    this.#failures = 0;
    this.#current = next;
    this.#plan();
    for (const listener of [...this.#listeners]) listener(next);
  }

  close(): void {
    this.#isClosed = true;
    this.#callOff();
    this.#listeners.clear();
  }

  #plan(): void {
    this.#callOff();
    const { clock, chance } = this.#options;
    const now = clock.now() / 1000;
    const at = planRenewal(this.#current, this.#failures, chance(), now);
    this.#callOff = clock.after((at - now) * 1000, () => {
      this.#renewInTime();
    });
  }

  #renewInTime(): void {
    this.renew().catch((error: unknown) => {
      if (this.#isClosed) return;
      this.#failures += 1;
      this.#options.onFailure(error, this.#current.notAfter - seconds(this.#options.clock));
      this.#plan();
    });
  }
}

function seconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
