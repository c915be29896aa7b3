import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CERTIFICATE_REFUSALS, KnownIdentities, type Refusal, type Verdict } from '../../src/index.ts';
import { makeWorld } from './chain-builder.ts';
import { judge } from './invalid-case.ts';
import { INVALID_CASES } from './invalid-cases.ts';

const NOW = 1_800_000_000;
const world = await makeWorld(NOW);

describe('a chain with one defect', () => {
  for (const { name, defect, refused, present } of INVALID_CASES) {
    it(`${name}: ${defect}`, () => {
      const { broken, repaired } = present(world);
      assert.equal(judge(repaired).ok, true, describeRefusal(judge(repaired)));
      assert.equal(refusalOf(judge(broken))?.code, refused, describeRefusal(judge(broken)));
      assert.equal(judge(repaired).ok, true);
    });
  }

  it('is refused with its code where the identity is known as well', () => {
    for (const { name, refused, present } of INVALID_CASES) {
      const { broken, repaired } = present(world);
      const cache = new KnownIdentities();
      assert.equal(judge(repaired, cache).ok, true, name);
      assert.equal(refusalOf(judge(broken, cache))?.code, refused, name);
    }
  });

  it('has a code for each of at least 120 defects, and no code is without a case', () => {
    const produced = new Set(INVALID_CASES.map(({ refused }) => refused));
    assert.deepEqual(
      Object.keys(CERTIFICATE_REFUSALS).filter((code) => !produced.has(code as Refusal['code'])),
      [],
    );
    assert.ok(produced.size >= 120, String(produced.size));
    assert.equal(new Set(INVALID_CASES.map(({ name }) => name)).size, INVALID_CASES.length);
    assert.equal(new Set(INVALID_CASES.map(({ defect }) => defect)).size, INVALID_CASES.length);
  });
});

function refusalOf(verdict: Verdict<unknown>): Refusal | undefined {
  return verdict.ok ? undefined : verdict.refusal;
}

function describeRefusal(verdict: Verdict<unknown>): string {
  return verdict.ok ? 'accepted' : `${verdict.refusal.code}: ${verdict.refusal.detail}`;
}
