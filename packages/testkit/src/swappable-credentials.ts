import type { Credentials, CredentialSource } from '@themis-mesh/channel';

/** Credentials that a test replaces by hand. */
export class SwappableCredentials<C extends Credentials = Credentials> implements CredentialSource {
  readonly #listeners = new Set<(credentials: Credentials) => void>();
  #current: C;

  constructor(first: C) {
    this.#current = first;
  }

  get current(): C {
    return this.#current;
  }

  onChange(listener: (credentials: Credentials) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  swap(next: C): void {
    this.#current = next;
    for (const listener of [...this.#listeners]) listener(next);
  }
}
