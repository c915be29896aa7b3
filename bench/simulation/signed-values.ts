import { createECDH, createPrivateKey } from 'node:crypto';
import {
  historyBytes,
  incept,
  MemorySigner,
  ServiceName,
  sha256,
  signServiceRecord,
  type History,
  type IdentityId,
  type RecordKey,
  type SignedRecord,
} from '@themis-mesh/core';

/** A service's history, and its record in all the versions that it will have. */
export interface SignedValue {
  readonly key: RecordKey;
  readonly history: SignedRecord;
  /** The oldest first; the first has sequence 1. */
  readonly versions: readonly SignedRecord[];
}

export interface ValuesPlan {
  readonly seed: number;
  readonly count: number;
  readonly versions: number;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Signed as ever, by keys that follow from the seed: so that records lie at the same places in each run. */
export async function signValues({ seed, count, versions, now }: ValuesPlan): Promise<readonly SignedValue[]> {
  const app = await founded(`app ${seed}`, now);
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const { history, signer } = await founded(`service ${seed} ${number}`, now);
      const of = { app: app.history.id, history, signer };
      const records = Array.from({ length: versions }, (_none, at) => signVersion(of, at + 1, now));
      const { id } = history;
      return {
        key: { kind: 'service', id } as const,
        history: { key: { kind: 'history', id } as const, bytes: historyBytes(history) },
        versions: await Promise.all(records),
      };
    }),
  );
}

/** The sequence of a version of a value. @returns 0 where it is none */
export function versionOf({ versions }: SignedValue, { bytes }: SignedRecord): number {
  return versions.findIndex((version) => Buffer.compare(version.bytes, bytes) === 0) + 1;
}

interface Service {
  readonly app: IdentityId;
  readonly history: History;
  readonly signer: MemorySigner;
}

async function signVersion({ app, history, signer }: Service, seq: number, now: number): Promise<SignedRecord> {
  const name = ServiceName.parse('value');
  if (name === undefined) throw new TypeError('no name of a service');
  const { id } = history;
  const claims = { app, id, name, key: history.seq, seq, iat: now, exp: now + LIFE_SECONDS, alpn: ['http/1.1'] };
  return { key: { kind: 'service', id }, bytes: (await signServiceRecord(claims, [signer])).bytes };
}

/** Longer than any run. */
const LIFE_SECONDS = 86_400;

async function founded(name: string, now: number): Promise<{ readonly history: History; readonly signer: MemorySigner }> {
  const signer = signerOf(`${name} operational`);
  const recovery = signerOf(`${name} recovery`);
  const history = await incept({
    operational: { signers: [signer], threshold: 1 },
    recovery: { signers: [recovery], threshold: 1 },
    now,
  });
  return { history, signer };
}

/** A P-256 key whose scalar is a hash: below the order of the curve but for one in 2^32. */
function signerOf(name: string): MemorySigner {
  const scalar = sha256(Buffer.from(name));
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey();
  const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const [x, y, d] = [encode(point.subarray(1, 33)), encode(point.subarray(33)), encode(scalar)];
  return MemorySigner.fromPrivateKeys([createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d }, format: 'jwk' })]);
}
