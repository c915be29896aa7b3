import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { digestOf } from '../encoding/sha256.ts';
import { fromBase64url, toBase64url } from '../encoding/base64url.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';

/** The signature algorithms of identities, by their JOSE names (RFC 7518 section 3.4, RFC 9964). */
export type SignatureAlgorithm = 'ES256' | 'ML-DSA-65';

/** A public key as a JWK with exactly these members (RFC 7517; RFC 7518 section 6.2; RFC 9964 for `AKP`). */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'AKP'; readonly alg: 'ML-DSA-65'; readonly pub: string };

/** A public key that was checked to be one: for P-256, a point on the curve. */
export class PublicKey {
  readonly jwk: PublicJwk;
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
  readonly algorithm: SignatureAlgorithm;
  readonly keyObject: KeyObject;

  private constructor(jwk: PublicJwk, keyObject: KeyObject) {
    this.jwk = jwk;
    this.keyObject = keyObject;
    this.algorithm = jwk.kty === 'EC' ? 'ES256' : 'ML-DSA-65';
    // Every member of these JWKs is a required one, so RFC 7638's form is the canonical form of the whole.
    this.thumbprint = digestOf(canonicalJson(jwk));
  }

  /** @throws ShapeError where the JWK is not one of {@link PublicJwk}, or no valid key. */
  static readonly shape: Shape<PublicKey> = (value, path) => {
    const jwk = readJwk(value);
    if (jwk === undefined) throw new ShapeError(path, 'a JWK with exactly the members of a P-256 or ML-DSA-65 public key');
    const key = PublicKey.#from(jwk);
    if (key === undefined) throw new ShapeError(path, 'a valid public key');
    return key;
  };

  /** @returns undefined for a key of another kind than identities have. */
  static fromKeyObject(key: KeyObject): PublicKey | undefined {
    const jwk = exportJwk(key);
    return jwk === undefined ? undefined : new PublicKey(jwk, key);
  }

  /** The public half. @returns undefined for a key of another kind than identities have. */
  static fromPrivate(secret: KeyObject): PublicKey | undefined {
    return PublicKey.fromKeyObject(createPublicKey(secret));
  }

  /**
   * @param point of P-256, uncompressed: 0x04 ‖ x ‖ y (SEC 1 section 2.3.3)
   * @returns undefined where the 65 octets are no point of the curve.
   */
  static fromPoint(point: Uint8Array): PublicKey | undefined {
    if (point.length !== 65 || point[0] !== 4) return undefined;
    const x = toBase64url(point.subarray(1, 33));
    const y = toBase64url(point.subarray(33));
    return PublicKey.#from(Object.freeze({ kty: 'EC', crv: 'P-256', x, y }));
  }

  /** The inverse of {@link fromPoint}; undefined for ML-DSA. */
  get point(): Uint8Array | undefined {
    if (this.jwk.kty !== 'EC') return undefined;
    return Buffer.concat([Uint8Array.of(4), Buffer.from(this.jwk.x, 'base64url'), Buffer.from(this.jwk.y, 'base64url')]);
  }

  static #from(jwk: PublicJwk): PublicKey | undefined {
    try {
      return new PublicKey(jwk, createPublicKey({ key: { ...jwk }, format: 'jwk' }));
    } catch {
      return undefined;
    }
  }

  /** @param signature as in JWS: for ES256 the 64 bytes r‖s (RFC 7518 section 3.4). */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (this.algorithm === 'ES256') {
      return signature.length === 64 && verify('sha256', message, { key: this.keyObject, dsaEncoding: 'ieee-p1363' }, signature);
    }
    return verify(null, message, this.keyObject, signature);
  }
}

function exportJwk(key: KeyObject): PublicJwk | undefined {
  try {
    return readJwk(key.export({ format: 'jwk' }) as Json);
  } catch {
    return undefined; // A key that has no JWK form, such as one on a Brainpool curve.
  }
}

function readJwk(value: Json): PublicJwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const jwk = value as { readonly [name: string]: Json };
  const names = Object.keys(jwk).sort().join(' ');
  if (jwk['kty'] === 'EC' && jwk['crv'] === 'P-256' && names === 'crv kty x y') {
    const { x, y } = jwk;
    return isEncoded(x, 32) && isEncoded(y, 32) ? Object.freeze({ kty: 'EC', crv: 'P-256', x, y }) : undefined;
  }
  if (jwk['kty'] === 'AKP' && jwk['alg'] === 'ML-DSA-65' && names === 'alg kty pub') {
    const { pub } = jwk;
    return isEncoded(pub, 1952) ? Object.freeze({ kty: 'AKP', alg: 'ML-DSA-65', pub }) : undefined;
  }
  return undefined;
}

function isEncoded(value: Json | undefined, length: number): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === length;
}
