import { stat } from 'node:fs/promises';
import { readMembership, ThemisError, type History, type IdentityId, type ServiceName } from '@themis-mesh/core';
import { IdentityFile, type Sealing, type StoredIdentity } from '@themis-mesh/storage';
import type { ServiceKeys } from '../leaf/leaf-issuer.ts';

/** The service's identity in its file, read again when the file was replaced: by a rotation, or by a renewed membership. */
export class OwnIdentity {
  readonly #file: IdentityFile;
  readonly #name: ServiceName;
  readonly #app: IdentityId;
  #keys: ServiceKeys;
  /** Of the file as it was when it was last read with success, and when it was last looked at. */
  #version: string;
  #seen: string;

  private constructor(file: IdentityFile, name: ServiceName, app: IdentityId, keys: ServiceKeys, version: string) {
    this.#file = file;
    this.#name = name;
    this.#app = app;
    this.#keys = keys;
    this.#version = version;
    this.#seen = version;
  }

  /**
   * @param app the app that the service must have been admitted to
   * @throws ThemisError `THEMIS_IDENTITY_MISSING`, `THEMIS_HOME_FOREIGN`, and those of `IdentityFile.read`
   */
  static async open(path: string, name: ServiceName, app: IdentityId, sealing: Sealing): Promise<OwnIdentity> {
    const file = new IdentityFile(path, sealing);
    const version = await versionOf(path);
    const stored = await file.read();
    if (stored === undefined) throw new ThemisError('THEMIS_IDENTITY_MISSING', name);
    return new OwnIdentity(file, name, app, keysOf(stored, name, app), version);
  }

  get id(): IdentityId {
    return this.#keys.history.id;
  }

  get history(): History {
    return this.#keys.history;
  }

  get hasMembership(): boolean {
    return this.#keys.membership !== undefined;
  }

  /**
   * The keys as they are now; where there is no file any more, those of before.
   *
   * @throws ThemisError where the file holds another identity, or none that can be read; those of before are kept
   */
  async keys(): Promise<ServiceKeys> {
    const version = await versionOf(this.#file.path);
    if (version === this.#version || version === '') return this.#keys;
    const stored = await this.#file.read();
    if (stored === undefined) return this.#keys;
    const keys = keysOf(stored, this.#name, this.#app);
    // A process is one identity for as long as it runs: connections, records and pools go by its ID.
    if (keys.history.id !== this.id)
      throw new ThemisError('THEMIS_IDENTITY_MISSING', `${this.id}: the file holds ${keys.history.id}`);
    this.#keys = keys;
    this.#version = version;
    return this.#keys;
  }

  /** Whether the file was replaced since it was last looked at. */
  async isReplaced(): Promise<boolean> {
    const version = await versionOf(this.#file.path);
    if (version === this.#seen || version === '') return false;
    this.#seen = version;
    return version !== this.#version;
  }
}

function keysOf({ history, service, signers }: StoredIdentity, name: ServiceName, app: IdentityId): ServiceKeys {
  if (service?.app !== app) throw new ThemisError('THEMIS_HOME_FOREIGN', `the identity is for ${service?.app ?? 'no app'}`);
  if (service.name !== name) throw new ThemisError('THEMIS_IDENTITY_MISSING', `${name}: the file holds ${service.name}`);
  const [signer] = signers;
  if (signer === undefined) throw new ThemisError('THEMIS_IDENTITY_KEYS', `${history.id} was retired`);
  if (service.membership === undefined) return { history, signer };
  const membership = readMembership(service.membership);
  if (!membership.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', membership.refusal);
  return { history, signer, membership: { bytes: service.membership, exp: membership.value.claims.exp } };
}

/** Files of state are replaced whole, so another inode is another version. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs } = await stat(path);
    return `${ino} ${mtimeMs}`;
  } catch {
    return '';
  }
}
