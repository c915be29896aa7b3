import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, IdentityId, parseCanonicalJson, sha256, shape, type Json } from '@themis-mesh/core';
import { createAtomically } from './atomic-file.ts';
import { fileError, unless } from './file-errors.ts';
import { ensurePrivateFolder } from './private-file.ts';
import { anyJson, malformed, readState, stateBytes, type StateKind } from './state-file.ts';

/** Two signed things of one identity that contradict each other: proof that one of them was made with stolen keys. */
export interface ForkProof {
  readonly kind: ForkKind;
  readonly id: IdentityId;
  /** The one seen first, which stays. In its wire form: RFC 8785. */
  readonly first: Uint8Array;
  readonly other: Uint8Array;
}

export type ForkKind = 'history' | 'charter' | 'head' | 'service' | 'instance';

/** A thief can sign as many as there is time; a few prove as much as all. */
const MAX_PROOFS_EACH = 8;

interface Body {
  readonly v: 1;
  readonly kind: ForkKind;
  readonly id: IdentityId;
  readonly first: Json;
  readonly other: Json;
}

const KIND: StateKind<Body> = {
  secret: false,
  maxBytes: 4_194_304,
  shape: shape.object<Body>({
    v: shape.literal(1),
    kind: shape.oneOf('history', 'charter', 'head', 'service', 'instance'),
    id: IdentityId.shape,
    first: anyJson,
    other: anyJson,
  }),
};

/**
 * Keeps a proof, once, in a file named after what it proves. Makes the folder where it is missing.
 *
 * @returns false where it is there already, or enough others are
 */
export async function keepForkProof(folder: string, { kind, id, first, other }: ForkProof): Promise<boolean> {
  await ensurePrivateFolder(folder);
  const prefix = `${kind}-${id}-`;
  const names = (await listProofNames(folder)).filter((name) => name.startsWith(prefix));
  if (names.length >= MAX_PROOFS_EACH) return false;
  const digest = Buffer.from(sha256(Buffer.concat([first, other])))
    .toString('hex')
    .slice(0, 32);
  const body = { v: 1, kind, id, first: asJson(first), other: asJson(other) };
  return createAtomically(join(folder, `${prefix}${digest}.json`), stateBytes(body));
}

export async function readForkProofs(folder: string): Promise<readonly ForkProof[]> {
  const proofs: ForkProof[] = [];
  for (const name of await listProofNames(folder)) {
    const path = join(folder, name);
    const body = await readState(path, KIND);
    if (body === undefined) continue;
    if (!name.startsWith(`${body.kind}-${body.id}-`)) throw malformed(path, 'its name is not that of its content');
    proofs.push({ ...body, first: asBytes(body.first), other: asBytes(body.other) });
  }
  return proofs;
}

async function listProofNames(folder: string): Promise<readonly string[]> {
  try {
    const names = (await unless(['ENOENT'], readdir(folder))) ?? [];
    return names.filter((name) => /^[a-z]{4,8}-[a-z2-7]{52}-[0-9a-f]{32}\.json$/.test(name)).sort();
  } catch (error) {
    throw fileError(error, folder);
  }
}

function asJson(wire: Uint8Array): Json {
  const json = parseCanonicalJson(wire);
  if (json === undefined) throw new TypeError('what proves a fork was verified, so it is in RFC 8785 form');
  return json;
}

function asBytes(json: Json): Uint8Array {
  return Buffer.from(canonicalJson(json));
}
