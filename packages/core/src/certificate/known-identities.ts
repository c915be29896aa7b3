import type { IdentityCertificate } from './identity-certificate.ts';
import type { LeafForm } from './leaf-certificate.ts';
import { MAX_IDENTITY_CERTIFICATE_BYTES } from './profile.ts';
import { RecentCertificates } from './recent-certificates.ts';

/** The most bytes that the certificates of each kind may take together: what is made of them takes some times as much. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A leaf, and the identity certificate under which its signature was verified. */
interface KnownLeaf {
  readonly bytes: Uint8Array;
  readonly leaf: LeafForm;
  // Weak, because a leaf of 1 KiB would keep an identity certificate of 64 whose own place was given to another.
  readonly issuer: WeakRef<IdentityCertificate>;
}

/**
 * Remembers the certificates verified last, so that a known identity costs the check of one signature, and a leaf that was
 * seen before none.
 *
 * It holds what certificates prove by themselves and nothing that time or news can change. Verification looks at the dates,
 * and compares the history with the one remembered, each time.
 */
export class KnownIdentities {
  readonly #identities: RecentCertificates<IdentityCertificate>;
  readonly #leaves: RecentCertificates<KnownLeaf>;

  /** @param capacity how many certificates. @param mostBytes how many bytes of them; at least one certificate has room */
  constructor(capacity = 1024, mostBytes: number = MOST_BYTES) {
    const bytes = Math.max(mostBytes, MAX_IDENTITY_CERTIFICATE_BYTES);
    this.#identities = new RecentCertificates(capacity, bytes);
    this.#leaves = new RecentCertificates(capacity, bytes);
  }

  /** How many identity certificates. */
  get size(): number {
    return this.#identities.size;
  }

  find(der: Uint8Array): IdentityCertificate | undefined {
    return this.#identities.find(der);
  }

  /** @returns undefined also for a leaf that was verified under another identity certificate, or under another copy of it */
  findLeaf(der: Uint8Array, issuer: IdentityCertificate): LeafForm | undefined {
    const known = this.#leaves.find(der);
    return known?.issuer.deref() === issuer ? known.leaf : undefined;
  }

  /** @param leaf whose signature verified under that identity */
  remember(identity: IdentityCertificate, leaf: LeafForm): void {
    this.#identities.remember(identity);
    this.#leaves.remember({ bytes: leaf.bytes, leaf, issuer: new WeakRef(identity) });
  }
}
