import {
  compareHistories,
  type History,
  IdentityId,
  jwsBytes,
  jwsJson,
  type MemorySigner,
  openKeys,
  readMembership,
  sealedKeysShape,
  sealKeys,
  ServiceName,
  shape,
  ThemisError,
  type Json,
  type SealCost,
  type SealedKeys,
} from '@themis-mesh/core';
import { createAtomically, writeAtomically } from './atomic-file.ts';
import { withLock } from './lock.ts';
import { anyJson, malformed, readState, stateBytes, type StateKind } from './state-file.ts';
import { eventsJson, eventsShape, storedHistory } from './stored-history.ts';

/** An identity as it lies on disk, without its keys. */
export interface PublicIdentity {
  readonly history: History;
  /** Absent for the identity of an app's owner. */
  readonly service?: ServiceRole;
  /** Whether a passphrase is needed to open the keys. */
  readonly sealed: boolean;
}

export interface StoredIdentity {
  readonly history: History;
  readonly service?: ServiceRole;
  /** The operational signers that lie here: some or all of those of the history's last event; none for a retired identity. */
  readonly signers: readonly MemorySigner[];
}

export interface ServiceRole {
  readonly name: ServiceName;
  readonly app: IdentityId;
  /** The wire form of the app's statement that admits it. Its signature is checked by who knows the app's history. */
  readonly membership?: Uint8Array;
}

/** How keys are sealed; without a passphrase the mode of the file is all that keeps them. */
export interface Sealing {
  readonly passphrase?: Uint8Array | undefined;
  readonly cost?: SealCost | undefined;
}

interface Body {
  readonly v: 1;
  readonly name?: ServiceName;
  readonly app?: IdentityId;
  readonly history: readonly Json[];
  readonly keys: SealedKeys;
  readonly membership?: Json;
}

const KIND: StateKind<Body> = {
  secret: true,
  maxBytes: 2_097_152,
  shape: shape.object<Body>({
    v: shape.literal(1),
    name: shape.optional(ServiceName.shape),
    app: shape.optional(IdentityId.shape),
    history: eventsShape,
    keys: sealedKeysShape,
    membership: shape.optional(anyJson),
  }),
};

/**
 * The one file in which an identity lies: its history and its operational keys together, so that a rotation, which changes
 * both, is one rename. Whoever reads it finds the identity before or after, never a key beside the history of another.
 */
export class IdentityFile {
  readonly path: string;
  readonly #sealing: Sealing;

  constructor(path: string, sealing: Sealing = {}) {
    this.path = path;
    this.#sealing = sealing;
  }

  /** Needs no passphrase. @returns undefined where there is no such file */
  async readPublic(): Promise<PublicIdentity | undefined> {
    const body = await readState(this.path, KIND);
    return body === undefined ? undefined : { ...this.#readPublic(body), sealed: body.keys.seal !== 'none' };
  }

  /**
   * @returns undefined where there is no such file
   * @throws ThemisError THEMIS_FILE_MALFORMED, THEMIS_IDENTITY_KEYS, THEMIS_PASSPHRASE_MISSING, THEMIS_PASSPHRASE_WRONG, and
   * those of reading a private file
   */
  async read(): Promise<StoredIdentity | undefined> {
    const body = await readState(this.path, KIND);
    if (body === undefined) return undefined;
    const identity = this.#readPublic(body);
    const signers = await openKeys(body.keys, this.#sealing.passphrase);
    requireOwnKeys(this.path, identity.history, signers);
    return { ...identity, signers };
  }

  /** @throws ThemisError THEMIS_IDENTITY_EXISTS: keys are never overwritten by those of another identity */
  async create(identity: StoredIdentity): Promise<void> {
    const created = await createAtomically(this.path, await this.#bytes(identity));
    if (!created) throw new ThemisError('THEMIS_IDENTITY_EXISTS', this.path);
  }

  /**
   * Reads, changes and replaces the identity while nobody else does. It stays the same identity, and its history never
   * becomes shorter.
   *
   * @throws ThemisError THEMIS_IDENTITY_MISSING, THEMIS_HISTORY_FORKED, and those of {@link read}
   */
  async update(change: (current: StoredIdentity) => Promise<StoredIdentity>): Promise<StoredIdentity> {
    return withLock(this.path, async () => {
      const current = await this.read();
      if (current === undefined) throw new ThemisError('THEMIS_IDENTITY_MISSING', this.path);
      const next = await change(current);
      if (!goesOn(current.history, next.history)) {
        const { id, seq } = current.history;
        throw new ThemisError('THEMIS_HISTORY_FORKED', `${this.path} holds ${id} up to event ${seq}`);
      }
      await writeAtomically(this.path, await this.#bytes(next));
      return next;
    });
  }

  #readPublic(body: Body): { readonly history: History; readonly service?: ServiceRole } {
    const history = storedHistory(this.path, body.history);
    const { name, app } = body;
    if (name === undefined || app === undefined) {
      if (name !== app || body.membership !== undefined) throw malformed(this.path, 'name, app and membership belong together');
      return { history };
    }
    if (body.membership === undefined) return { history, service: { name, app } };
    const membership = jwsBytes(body.membership);
    requireOwnMembership(this.path, membership, history.id, { name, app });
    return { history, service: { name, app, membership } };
  }

  async #bytes({ history, service, signers }: StoredIdentity): Promise<Uint8Array> {
    requireOwnKeys(this.path, history, signers);
    const { passphrase, cost } = this.#sealing;
    const role = service === undefined ? {} : { name: service.name, app: service.app };
    const membership = service?.membership === undefined ? {} : { membership: jwsJson(service.membership) };
    const keys = await sealKeys(signers, passphrase, cost);
    return stateBytes({ v: 1, ...role, history: eventsJson(history), keys, ...membership });
  }
}

function goesOn(current: History, next: History): boolean {
  return current.id === next.id && ['same', 'extends'].includes(compareHistories(current, next));
}

/** Each signer must be one of the history's last quorum, whole, and there must be one. */
function requireOwnKeys(path: string, history: History, signers: readonly MemorySigner[]): void {
  const quorum = history.quorum?.signers ?? [];
  const wanted = new Set(quorum.map((signer) => thumbprintsOf(signer)));
  const found = new Set(signers.map((signer) => thumbprintsOf(signer)));
  const isForeign = [...found].some((thumbprints) => !wanted.has(thumbprints));
  if (isForeign || found.size !== signers.length || (found.size === 0) !== (wanted.size === 0)) {
    throw new ThemisError('THEMIS_IDENTITY_KEYS', `${path}, identity ${history.id} at event ${history.seq}`);
  }
}

function thumbprintsOf(signer: { readonly keys: readonly { readonly thumbprint: string }[] }): string {
  return signer.keys
    .map((key) => key.thumbprint)
    .sort()
    .join();
}

function requireOwnMembership(path: string, bytes: Uint8Array, id: IdentityId, role: ServiceRole): void {
  const read = readMembership(bytes);
  if (!read.ok) throw malformed(path, `its membership: ${read.refusal.code}`);
  const { app, member } = read.value.claims;
  const isOwn = app === role.app && member.id === id && member.name === role.name;
  if (!isOwn) throw malformed(path, 'its membership is of another member');
}
