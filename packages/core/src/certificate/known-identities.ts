import { hash } from 'node:crypto';
import type { IdentityCertificate } from './identity-certificate.ts';
import { MAX_IDENTITY_CERTIFICATE_BYTES } from './profile.ts';

/** The most bytes that the certificates may take together: what is made of them takes some times as much. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Remembers the identity certificates verified last, so that a known peer costs the check of one signature. Everybody who
 * connects fills it, strangers too, so that their bytes are counted and not their number alone.
 *
 * It holds what a certificate proves by itself and nothing that time or news can change. Verification compares the
 * history with the one remembered each time.
 */
export class KnownIdentities {
  readonly #capacity: number;
  // A Map keeps the order of insertion: the first entry is the one not used for longest.
  readonly #known = new Map<string, IdentityCertificate>();
  readonly #mostBytes: number;
  #bytes = 0;

  /** @param capacity how many certificates. @param mostBytes how many bytes of them; at least one certificate has room */
  constructor(capacity = 1024, mostBytes: number = MOST_BYTES) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new TypeError('a capacity is a whole number from 1 on');
    this.#capacity = capacity;
    this.#mostBytes = Math.max(mostBytes, MAX_IDENTITY_CERTIFICATE_BYTES);
  }

  get size(): number {
    return this.#known.size;
  }

  /** By its bytes: another encoding of the same certificate is another certificate. */
  find(der: Uint8Array): IdentityCertificate | undefined {
    const key = keyOf(der);
    const known = this.#known.get(key);
    if (known !== undefined) this.#put(key, known);
    return known;
  }

  remember(certificate: IdentityCertificate): void {
    this.#put(keyOf(certificate.bytes), certificate);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#capacity && this.#bytes <= this.#mostBytes) break;
      this.#drop(oldest);
    }
  }

  #put(key: string, certificate: IdentityCertificate): void {
    this.#drop(key);
    this.#known.set(key, certificate);
    this.#bytes += certificate.bytes.length;
  }

  #drop(key: string): void {
    this.#bytes -= this.#known.get(key)?.bytes.length ?? 0;
    this.#known.delete(key);
  }
}

function keyOf(der: Uint8Array): string {
  return hash('sha256', der, 'base64url');
}
