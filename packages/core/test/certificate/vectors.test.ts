import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  CERTIFICATE_REFUSALS,
  History,
  IdentityId,
  verifyChain,
  verifyLeafUnder,
  type VerifiedLeaf,
  type Verdict,
} from '../../src/index.ts';

const FOLDER = new URL('../../../../vectors/certificates/', import.meta.url);

interface Presented {
  readonly now: number;
  readonly expectedId?: string;
  readonly remembered?: string;
  readonly judgedBy?: string;
  readonly chain: readonly string[];
}

interface VectorFile<T> {
  readonly certificates: Readonly<Record<string, string>>;
  readonly histories: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly T[];
}

interface InvalidVector {
  readonly name: string;
  readonly defect: string;
  readonly refused: string;
  readonly broken: Presented;
  readonly repaired: Presented;
}

interface ValidVector {
  readonly name: string;
  readonly presented: Presented;
  readonly verified: Readonly<Record<string, string | number>>;
}

const invalidFiles = readdirSync(FOLDER).filter((name) => name.startsWith('invalid-'));
const produced = new Set<string>();

for (const name of invalidFiles) {
  describe(name, () => {
    const file = read<InvalidVector>(name);
    for (const { name: vector, defect, refused, broken, repaired } of file.cases) {
      it(`${vector}: ${defect}`, () => {
        const verdict = judge(file, broken);
        assert.equal(verdict.ok ? 'accepted' : verdict.refusal.code, refused);
        assert.equal(judge(file, repaired).ok, true);
        produced.add(refused);
      });
    }
  });
}

describe('valid.json', () => {
  const file = read<ValidVector>('valid.json');
  for (const { name, presented, verified } of file.cases) {
    it(name, () => {
      const verdict = judge(file, presented);
      assert.ok(verdict.ok, verdict.ok ? '' : verdict.refusal.code);
      const { membership, ...says } = verdict.value;
      const found: Record<string, unknown> =
        membership === undefined ? says : { ...says, membership: Buffer.from(membership).toString('base64') };
      for (const [field, value] of Object.entries(verified)) assert.equal(found[field], value, field);
    });
  }
});

describe('the vectors', () => {
  it('show every code', () => {
    assert.deepEqual(
      Object.keys(CERTIFICATE_REFUSALS).filter((code) => !produced.has(code)),
      [],
    );
  });
});

function read<T>(name: string): VectorFile<T> {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as VectorFile<T>;
}

function judge<T>(file: VectorFile<T>, { now, expectedId, remembered, judgedBy, chain }: Presented): Verdict<VerifiedLeaf> {
  const certificates = chain.map((name) => bytesOf(file.certificates[name]));
  const known = historyOf(file, remembered);
  const judge = historyOf(file, judgedBy);
  const [leaf] = certificates;
  if (judge !== undefined && leaf !== undefined) return verifyLeafUnder(leaf, judge, now);
  return verifyChain(certificates, {
    now,
    expectedId: expectedId === undefined ? undefined : IdentityId.parse(expectedId),
    seen: (id) => (known?.id === id ? known : undefined),
  });
}

function historyOf<T>(file: VectorFile<T>, name: string | undefined): History | undefined {
  if (name === undefined) return undefined;
  const verdict = History.verify((file.histories[name] ?? []).map(bytesOf));
  assert.ok(verdict.ok, name);
  return verdict.value;
}

function bytesOf(base64: string | undefined): Uint8Array {
  assert.ok(base64 !== undefined);
  return Buffer.from(base64, 'base64');
}
