/** The object identifiers of a certificate (RFC 5280 unless said otherwise). */
export const OID = {
  ecPublicKey: '1.2.840.10045.2.1', // RFC 5480 section 2.1.1
  p256: '1.2.840.10045.3.1.7', // RFC 5480 section 2.1.1.1
  ecdsaWithSha256: '1.2.840.10045.4.3.2', // RFC 5758 section 3.2
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  keyHistory: '1.2.840.113556.1.8000.2554.18815.63144.1675.17989.35936.9247468.12643780.1',
  membership: '1.2.840.113556.1.8000.2554.18815.63144.1675.17989.35936.9247468.12643780.2',
} as const;

/**
 * The arc of our own extensions: the UUID 497ff6a8-068b-4645-8c60-8d1aecc0edc4, drawn once, under an arc that Microsoft
 * gives to everybody for identifiers made of a UUID, cut into components of at most 24 bits.
 *
 * ITU-T X.667 offers 2.25.<UUID> for the same, in one component of 128 bits. Go's crypto/x509 (golang/go#30757) and
 * Python's cryptography (pyca/cryptography#11338) refuse a whole certificate for one component beyond 31 bits, and
 * with them SPIRE, go-spiffe, Consul and every Go service would.
 *
 * A later release may add extensions under this arc. An older one passes over them where they are not critical, so
 * that two releases can live in one app; what stands outside this arc is refused.
 */
export const OWN_ARC = '1.2.840.113556.1.8000.2554.18815.63144.1675.17989.35936.9247468.12643780';

/** The most bytes that a leaf may take. A membership has at most 8 KiB of them. */
export const MAX_LEAF_BYTES: number = 16 * 1024;

/**
 * The most bytes that an identity certificate may take. With the leaf it stays below the 100 KiB at which OpenSSL stops
 * to read a peer's chain.
 */
export const MAX_IDENTITY_CERTIFICATE_BYTES: number = 64 * 1024;

/** How long a leaf may live, in seconds from the time that it is made: one day. */
export const MAX_LEAF_SECONDS = 86_400;

/** By how many seconds every certificate is dated back, so that a peer whose clock is as much behind takes it. */
export const BACKDATE_SECONDS = 60;

/** 9999-12-31T23:59:59Z: "no well-defined expiration date" (RFC 5280 section 4.1.2.5). */
export const NO_END = 253_402_300_799;

/** RFC 5280 section 4.1.2.2. */
export const MAX_SERIAL_OCTETS = 20;

/** The bits of a key usage (RFC 5280 section 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, keyCertSign: 5 } as const;

/** The two certificates of a chain: what a refusal's code begins with. */
export type CertificateRole = 'leaf' | 'identity';
