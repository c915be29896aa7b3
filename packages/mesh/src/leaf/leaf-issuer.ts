import { randomBytes, type KeyObject } from 'node:crypto';
import {
  MemorySigner,
  mintIdentityCertificate,
  mintLeaf,
  ThemisError,
  toPem,
  type History,
  type InstanceName,
  type Signer,
} from '@themis-mesh/core';
import type { Credentials } from '@themis-mesh/channel';

/** A leaf as its instance holds it. */
export interface Leaf extends Credentials {
  readonly der: Uint8Array;
  /** Signs with the leaf key: what the instance says of itself. */
  readonly signer: Signer;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

/** Makes leaves: here, from the service's own key, or elsewhere, from an issuer that holds it. */
export interface LeafIssuer {
  /** @param now seconds since 1970 */
  issue(now: number): Promise<Leaf>;
}

export interface LocalIssuerOptions {
  readonly history: History;
  /** An operational signer of the service. */
  readonly signer: Signer;
  readonly instance: InstanceName;
  /** The wire form of the membership that the leaf carries, and when it ends. */
  readonly membership?: { readonly bytes: Uint8Array; readonly exp: number } | undefined;
  /** How long a leaf lives. Seconds, 1 to 86,400. */
  readonly ttl: number;
}

/** The issuer of a process that holds the key of its service. */
export class LocalIssuer implements LeafIssuer {
  readonly #options: LocalIssuerOptions;
  #identityPem: Promise<string> | undefined;

  constructor(options: LocalIssuerOptions) {
    this.#options = options;
  }

  async issue(now: number): Promise<Leaf> {
    const { history, signer, instance, membership, ttl } = this.#options;
    const life = Math.min(ttl, membership === undefined ? ttl : membership.exp - now);
    if (life < 1) throw new ThemisError('THEMIS_MEMBERSHIP_ENDED', `the membership ended at ${membership?.exp ?? 0}, it is ${now}`);
    const key = MemorySigner.generate();
    const [publicKey] = key.keys;
    const [privateKey] = key.privateKeys;
    if (publicKey === undefined || privateKey === undefined) throw new TypeError('a new signer holds one key');
    const serial = randomBytes(16);
    const der = await mintLeaf({
      history,
      signer,
      publicKey,
      instance,
      serial,
      now,
      ttl: life,
      ...(membership === undefined ? {} : { membership: membership.bytes }),
    });
    this.#identityPem ??= mintIdentityCertificate({ history, signer }).then(toPem);
    return {
      der,
      signer: key,
      issuedAt: now,
      notAfter: now + life,
      serial: serial.toString('hex'),
      key: pemOf(privateKey),
      chain: toPem(der) + (await this.#identityPem),
    };
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
