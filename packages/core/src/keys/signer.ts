import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { PublicKey, type SignatureAlgorithm } from './public-key.ts';

/**
 * One person or place that signs, with one key for each algorithm. It counts once, and only if all its keys signed.
 *
 * The private keys may be anywhere: in memory, in a file, in a KMS.
 */
export interface Signer {
  readonly keys: readonly PublicKey[];
  /**
   * @param key one of {@link keys}
   * @returns the signature as in JWS: for ES256 the 64 bytes r‖s
   */
  sign(key: PublicKey, message: Uint8Array): Promise<Uint8Array>;
}

/** Keeps its private keys in this process. */
export class MemorySigner implements Signer {
  readonly keys: readonly PublicKey[];
  readonly #private: ReadonlyMap<string, KeyObject>;

  private constructor(pairs: readonly (readonly [PublicKey, KeyObject])[]) {
    this.keys = Object.freeze(pairs.map(([key]) => key));
    this.#private = new Map(pairs.map(([key, secret]) => [key.thumbprint, secret]));
  }

  /** New keys from the operating system's randomness. */
  static generate(algorithms: readonly SignatureAlgorithm[] = ['ES256']): MemorySigner {
    return MemorySigner.fromPrivateKeys(algorithms.map(generatePrivateKey));
  }

  /** @throws TypeError for a key that is neither P-256 nor ML-DSA-65, for no key, or for two of one algorithm. */
  static fromPrivateKeys(secrets: readonly KeyObject[]): MemorySigner {
    const pairs = secrets.map((secret) => [publicKeyOf(secret), secret] as const);
    if (pairs.length === 0) throw new TypeError('a signer has at least one key');
    if (new Set(pairs.map(([key]) => key.algorithm)).size !== pairs.length) {
      throw new TypeError('a signer has one key for each algorithm');
    }
    return new MemorySigner(pairs);
  }

  /** The private keys, to be sealed into a file. */
  get privateKeys(): readonly KeyObject[] {
    return [...this.#private.values()];
  }

  sign(key: PublicKey, message: Uint8Array): Promise<Uint8Array> {
    const secret = this.#private.get(key.thumbprint);
    if (secret === undefined) return Promise.reject(new TypeError('the signer does not hold that key'));
    return Promise.resolve(signWith(key.algorithm, secret, message));
  }
}

function signWith(algorithm: SignatureAlgorithm, secret: KeyObject, message: Uint8Array): Uint8Array {
  return algorithm === 'ES256'
    ? sign('sha256', message, { key: secret, dsaEncoding: 'ieee-p1363' })
    : sign(null, message, secret);
}

function generatePrivateKey(algorithm: SignatureAlgorithm): KeyObject {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('ml-dsa-65').privateKey;
}

function publicKeyOf(secret: KeyObject): PublicKey {
  const key = secret.type === 'private' ? PublicKey.fromPrivate(secret) : undefined;
  if (key === undefined) throw new TypeError('an identity has P-256 and ML-DSA-65 keys only');
  return key;
}
