import { randomBytes, type KeyObject } from 'node:crypto';
import {
  MemorySigner,
  mintIdentityCertificate,
  mintLeaf,
  showSerial,
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
}

/** Makes leaves: here, from the service's own key, or elsewhere, from an issuer that holds it. */
export interface LeafIssuer {
  /** @param now seconds since 1970 */
  issue(now: number): Promise<Leaf>;
}

/** The service's own keys, as they are now. */
export interface ServiceKeys {
  readonly history: History;
  /** An operational signer of the last event. */
  readonly signer: Signer;
  /** The wire form of the membership that the leaf carries, and when it ends. */
  readonly membership?: { readonly bytes: Uint8Array; readonly exp: number } | undefined;
}

export interface LocalIssuerOptions {
  /** Asked for each leaf, so that new keys and a renewed membership are taken up with no restart. */
  readonly keys: () => Promise<ServiceKeys>;
  readonly instance: InstanceName;
  /** How long a leaf lives. Seconds, 1 to 86,400. */
  readonly ttl: number;
}

/** The issuer of a process that holds the key of its service. */
export class LocalIssuer implements LeafIssuer {
  readonly #options: LocalIssuerOptions;
  #certificate: { readonly history: History; readonly pem: string } | undefined;

  constructor(options: LocalIssuerOptions) {
    this.#options = options;
  }

  async issue(now: number): Promise<Leaf> {
    const { instance, ttl } = this.#options;
    const keys = await this.#options.keys();
    const { history, signer, membership } = keys;
    const life = Math.min(ttl, membership === undefined ? ttl : membership.exp - now);
    if (life < 1)
      throw new ThemisError('THEMIS_MEMBERSHIP_ENDED', `the membership ended at ${membership?.exp ?? 0}, it is ${now}`);
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
    return {
      der,
      signer: key,
      notAfter: now + life,
      serial: showSerial(serial),
      key: pemOf(privateKey),
      chain: toPem(der) + (await this.#identityCertificate(keys)),
    };
  }

  /** The same for all leaves under one event. */
  async #identityCertificate({ history, signer }: ServiceKeys): Promise<string> {
    if (this.#certificate?.history.last.digest !== history.last.digest) {
      this.#certificate = { history, pem: toPem(await mintIdentityCertificate({ history, signer })) };
    }
    return this.#certificate.pem;
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
