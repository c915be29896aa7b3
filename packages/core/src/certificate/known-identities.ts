import { hash } from 'node:crypto';
import type { IdentityCertificate } from './identity-certificate.ts';

/**
 * Remembers the identity certificates verified last, so that a known peer costs the check of one signature.
 *
 * It holds what a certificate proves by itself and nothing that time or news can change. Verification compares the
 * history with the one remembered each time.
 */
export class KnownIdentities {
  readonly #capacity: number;
  // A Map keeps the order of insertion: the first entry is the one not used for longest.
  readonly #known = new Map<string, IdentityCertificate>();

  /** @param capacity how many certificates, at most 64 KiB each */
  constructor(capacity = 1024) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new TypeError('a capacity is a whole number from 1 on');
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#known.size;
  }

  /** By its bytes: another encoding of the same certificate is another certificate. */
  find(der: Uint8Array): IdentityCertificate | undefined {
    const key = keyOf(der);
    const known = this.#known.get(key);
    if (known !== undefined) this.#touch(key, known);
    return known;
  }

  remember(certificate: IdentityCertificate): void {
    this.#touch(keyOf(certificate.bytes), certificate);
    if (this.#known.size <= this.#capacity) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #touch(key: string, certificate: IdentityCertificate): void {
    this.#known.delete(key);
    this.#known.set(key, certificate);
  }
}

function keyOf(der: Uint8Array): string {
  return hash('sha256', der, 'base64url');
}
