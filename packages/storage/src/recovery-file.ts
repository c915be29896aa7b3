import {
  type IdentityId,
  openKeys,
  sealedKeysShape,
  sealKeys,
  shape,
  ThemisError,
  type History,
  type Json,
  type MemorySigner,
  type SealedKeys,
} from '@themis-mesh/core';
import { writeAtomically } from './atomic-file.ts';
import type { Sealing } from './identity-file.ts';
import { withLock } from './lock.ts';
import { anyJson, readState, stateBytes, type StateKind } from './state-file.ts';

interface Body {
  readonly v: 1;
  readonly sets: ReadonlyMap<string, Json>;
}

const KIND: StateKind<Body> = {
  secret: true,
  maxBytes: 4_194_304,
  shape: shape.object<Body>({ v: shape.literal(1), sets: shape.record(/^[a-z2-7]{51}[aq]$/, anyJson, 256) }),
};

/**
 * Recovery keys: those that sign nothing but the next event of their identity. They may lie beside the operational keys or
 * somewhere else, and several identities may share one file.
 *
 * While an identity rotates, the file holds the keys of its last event and those of the next one, so that whichever of the
 * two a crash leaves in the identity's own file, its keys are here.
 */
export class RecoveryFile {
  readonly path: string;
  readonly #sealing: Sealing;

  constructor(path: string, sealing: Sealing = {}) {
    this.path = path;
    this.#sealing = sealing;
  }

  /**
   * The signers that the identity's last event committed to, as far as they lie here.
   *
   * @throws ThemisError THEMIS_RECOVERY_MISSING where they are fewer than the event asks for
   */
  async committed(history: History): Promise<readonly MemorySigner[]> {
    const signers = committedOf(history, await this.#signersOf(history.id, await this.#read()));
    const wanted = commitmentOf(history)?.threshold ?? 0;
    if (signers.length < wanted) {
      const found = `${signers.length} of the ${wanted} signers for ${history.id}`;
      throw new ThemisError('THEMIS_RECOVERY_MISSING', `${this.path} holds ${found}`);
    }
    return signers;
  }

  /** Adds signers to those of an identity: before the event that commits to them is written anywhere. */
  async add(id: IdentityId, signers: readonly MemorySigner[]): Promise<void> {
    await withLock(this.path, async () => {
      const sets = await this.#read();
      await this.#write(sets, id, [...(await this.#signersOf(id, sets)), ...signers]);
    });
  }

  /** Destroys what the identity's last event did not commit to: keys that were used, or that a crash left unused. */
  async prune(history: History): Promise<void> {
    await withLock(this.path, async () => {
      const sets = await this.#read();
      const held = await this.#signersOf(history.id, sets);
      const kept = committedOf(history, held);
      if (kept.length !== held.length) await this.#write(sets, history.id, kept);
    });
  }

  async #read(): Promise<ReadonlyMap<string, Json>> {
    return (await readState(this.path, KIND))?.sets ?? new Map<string, Json>();
  }

  async #signersOf(id: IdentityId, sets: ReadonlyMap<string, Json>): Promise<readonly MemorySigner[]> {
    const sealed = sets.get(id);
    return sealed === undefined ? [] : openKeys(readSealed(sealed), this.#sealing.passphrase);
  }

  async #write(sets: ReadonlyMap<string, Json>, id: IdentityId, signers: readonly MemorySigner[]): Promise<void> {
    const next = new Map(sets);
    if (signers.length === 0) next.delete(id);
    else next.set(id, await sealKeys(signers, this.#sealing.passphrase, this.#sealing.cost));
    await writeAtomically(this.path, stateBytes({ v: 1, sets: Object.fromEntries(next) }));
  }
}

function readSealed(json: Json): SealedKeys {
  try {
    return sealedKeysShape(json, '');
  } catch {
    throw new ThemisError('THEMIS_KEYS_MALFORMED', 'recovery keys');
  }
}

function committedOf(history: History, signers: readonly MemorySigner[]): readonly MemorySigner[] {
  const committed = new Set((commitmentOf(history)?.signers ?? []).map((thumbprints) => [...thumbprints].sort().join()));
  return signers.filter((signer) =>
    committed.has(
      signer.keys
        .map((key) => key.thumbprint)
        .sort()
        .join(),
    ),
  );
}

interface Committed {
  readonly signers: readonly (readonly string[])[];
  readonly threshold: number;
}

function commitmentOf({ last }: History): Committed | undefined {
  return last.claims.t === 'retire' ? undefined : last.claims.next;
}
