/** A leaf with its key and chain: one immutable value, so that the key of one leaf never meets the certificate of another. */
export interface Credentials {
  /** The leaf's private key, PKCS#8 in PEM. Lives in memory only. */
  readonly key: string;
  /** The leaf and the identity certificate, in PEM, in the order of the wire. */
  readonly chain: string;
  /** The leaf's serial number in lowercase hexadecimal, two digits an octet: names this leaf among those of its instance. */
  readonly serial: string;
  /** When the leaf ends. Seconds since 1970. */
  readonly notAfter: number;
}

/** Who holds the leaf of the moment. A fixed one and one that rotates are the same to TLS. */
export interface CredentialSource {
  readonly current: Credentials;
  /** Called after each change, in order. @returns a function that ends the subscription */
  onChange(listener: (credentials: Credentials) => void): () => void;
}
