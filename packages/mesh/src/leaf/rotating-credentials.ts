import { planRenewal } from '@themis-mesh/core';
import { runAt, type Clock, type CredentialSource } from '@themis-mesh/channel';
import type { Leaf, LeafIssuer } from './leaf-issuer.ts';

export interface RotationOptions {
  readonly issuer: LeafIssuer;
  readonly clock: Clock;
  /** Random, 0 to 1: spreads the renewals of instances that started together. */
  readonly chance: () => number;
  /** @param left how many seconds the leaf still has that could not be replaced */
  readonly onFailure: (error: unknown, left: number) => void;
}

/** A leaf that is replaced by a new one before it ends. While its issuer is away, the old one serves until its end. */
export class RotatingCredentials implements CredentialSource, Disposable {
  readonly #options: RotationOptions;
  readonly #listeners = new Set<(leaf: Leaf) => void>();
  #current: Leaf;
  /** When the leaf of the moment was made. Seconds since 1970, with fractions: lives of a few seconds are planned too. */
  #madeAt: number;
  #failures = 0;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: RotationOptions, first: Leaf) {
    this.#options = options;
    this.#current = first;
    this.#madeAt = this.#now();
    this.#plan();
  }

  /** Has the first leaf made. @throws what the issuer throws */
  static async start(options: RotationOptions): Promise<RotatingCredentials> {
    return new RotatingCredentials(options, await options.issuer.issue(Math.floor(options.clock.now() / 1000)));
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
    const next = await this.#options.issuer.issue(Math.floor(this.#now()));
    if (this.#isClosed) return;
    this.#failures = 0;
    this.#current = next;
    this.#madeAt = this.#now();
    this.#plan();
    for (const listener of [...this.#listeners]) listener(next);
  }

  /** Replaces the leaf now, or says that it could not, and tries again in time. */
  async tryToRenew(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (this.#isClosed) return;
      this.#failures += 1;
      this.#plan();
      this.#options.onFailure(error, this.#current.notAfter - Math.floor(this.#now()));
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#callOff();
    this.#listeners.clear();
  }

  #plan(): void {
    const life = { issuedAt: this.#madeAt, notAfter: this.#current.notAfter };
    const at = planRenewal(life, this.#failures, this.#options.chance(), this.#now());
    this.#callOff();
    // By the wall clock, as leaves end.
    this.#callOff = runAt(this.#options.clock, at * 1000, () => void this.tryToRenew());
  }

  /** Seconds since 1970. */
  #now(): number {
    return this.#options.clock.now() / 1000;
  }
}
