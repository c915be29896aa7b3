import { hash } from 'node:crypto';

/**
 * The certificates used last, by their bytes, up to a number and up to a sum of bytes: everybody who connects fills it,
 * strangers too.
 */
export class RecentCertificates<C extends { readonly bytes: Uint8Array }> {
  readonly #capacity: number;
  readonly #mostBytes: number;
  // A Map keeps the order of insertion: the first entry is the one not used for longest.
  readonly #recent = new Map<string, C>();
  #bytes = 0;

  constructor(capacity: number, mostBytes: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new TypeError('a capacity is a whole number from 1 on');
    this.#capacity = capacity;
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#recent.size;
  }

  /** By its bytes: another encoding of the same certificate is another certificate. */
  find(der: Uint8Array): C | undefined {
    const key = keyOf(der);
    const found = this.#recent.get(key);
    if (found !== undefined) this.#put(key, found);
    return found;
  }

  remember(certificate: C): void {
    this.#put(keyOf(certificate.bytes), certificate);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#capacity && this.#bytes <= this.#mostBytes) break;
      this.#drop(oldest);
    }
  }

  #put(key: string, certificate: C): void {
    this.#drop(key);
    this.#recent.set(key, certificate);
    this.#bytes += certificate.bytes.length;
  }

  #drop(key: string): void {
    this.#bytes -= this.#recent.get(key)?.bytes.length ?? 0;
    this.#recent.delete(key);
  }
}

function keyOf(der: Uint8Array): string {
  return hash('sha256', der, 'base64url');
}
