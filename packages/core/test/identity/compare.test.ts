import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareHistories } from '../../src/index.ts';
import { makeWorld, rotateActor } from '../certificate/chain-builder.ts';

const { now, service, rotated, forked, other, retired } = await makeWorld(1_800_000_000);
const longer = await rotateActor(rotated, now, 0);

describe('two histories of one identity', () => {
  const cases = [
    ['itself', service.history, service.history, 'same'],
    ['a rotation more', service.history, rotated.history, 'extends'],
    ['two rotations more', service.history, longer.history, 'extends'],
    ['a retirement more', service.history, retired, 'extends'],
    ['a rotation less', rotated.history, service.history, 'precedes'],
    ['two rotations less', longer.history, service.history, 'precedes'],
    ['another rotation', rotated.history, forked.history, 'forks'],
    ['a retirement in place of a rotation', rotated.history, retired, 'forks'],
    ['another rotation, and the first seen goes on', longer.history, forked.history, 'forks'],
    ['another rotation, behind which the one presented goes on', forked.history, longer.history, 'forks'],
  ] as const;
  for (const [name, remembered, presented, expected] of cases) {
    it(`${name}: ${expected}`, () => assert.equal(compareHistories(remembered, presented), expected));
  }

  it('cannot be of two identities', () => {
    assert.throws(() => compareHistories(service.history, other.history), TypeError);
  });
});
