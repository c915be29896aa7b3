import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdentityId, InstanceName } from '@themis-mesh/core';
import { Balancer, makeTarget, type Target } from '../src/find/balancer.ts';

const ID = 'a'.repeat(52);

function target(index: number): Target {
  const instance = InstanceName.parse(`i${index}`);
  if (!IdentityId.is(ID) || instance === undefined) throw new TypeError('no target');
  return makeTarget(ID, instance, { host: '127.0.0.1', port: 1000 + index, alpn: ['themis-http/1'] });
}

const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 20 });
const counts = fc.integer({ min: 0, max: 8 });

/** A balancer by given chances, at a time that a test sets. */
function balancing(given: readonly number[]): { readonly balancer: Balancer; time: number } {
  let drawn = 0;
  const watch = { time: 0 };
  const chance = (): number => given[drawn++ % given.length] ?? 0;
  return Object.assign(watch, { balancer: new Balancer({ chance, now: () => watch.time }) });
}

test('one of those that were not tried is taken, and none only where none is left', () => {
  fc.assert(
    fc.property(chances, counts, fc.array(fc.nat(8)), fc.array(fc.nat(8)), (given, count, tried, avoided) => {
      const { balancer } = balancing(given);
      const targets = Array.from({ length: count }, (_, index) => target(index));
      const out = new Set(tried.map((index) => target(index).key));
      for (const index of avoided) balancer.avoid(target(index), 100);
      const picked = balancer.pick(targets, { tried: out });
      const left = targets.filter(({ key }) => !out.has(key));
      assert.equal(picked === undefined, left.length === 0);
      if (picked === undefined) return;
      assert.ok(left.includes(picked));
      const isAvoided = (one: Target): boolean => avoided.some((index) => target(index).key === one.key);
      if (left.some((one) => !isAvoided(one))) assert.equal(isAvoided(picked), false, 'whoever was not reached waits');
    }),
  );
});

test('the one that is taken has no more under way than another one', () => {
  fc.assert(
    fc.property(chances, fc.array(fc.nat(5), { minLength: 2, maxLength: 8 }), (given, loads) => {
      const { balancer } = balancing(given);
      const targets = loads.map((_, index) => target(index));
      for (const [index, load] of loads.entries()) for (let call = 0; call < load; call += 1) balancer.begin(target(index));
      const picked = targets.indexOf(balancer.pick(targets) ?? target(99));
      const heaviest = Math.max(...loads);
      const isSoleHeaviest = loads.filter((load) => load === heaviest).length === 1;
      if (isSoleHeaviest) assert.notEqual(loads[picked], heaviest, 'two are compared, so the heaviest never wins');
    }),
  );
});

test('what has begun counts until it is over, once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), fc.boolean()), { maxLength: 40 }), (steps) => {
      const { balancer } = balancing([0]);
      const ends: [number, () => void][] = [];
      const under = [0, 0];
      for (const [index, isBegun] of steps) {
        if (isBegun) {
          const passage = balancer.begin(target(index));
          ends.push([index, () => passage.over()]);
          under[index] = (under[index] ?? 0) + 1;
        } else {
          const [over, end] = ends.pop() ?? [index, () => undefined];
          if (over === index || ends.length >= 0) end();
          end();
          if (under[over] !== undefined && under[over] > 0) under[over] -= 1;
        }
      }
      const [first = 0, second = 0] = under;
      const picked = balancer.pick([target(0), target(1)]);
      if (first !== second) assert.equal(picked?.key, target(first < second ? 0 : 1).key);
    }),
  );
});

test('whoever was not reached is taken again after a while, and at once where there is nobody else', () => {
  const state = balancing([0, 0.9]);
  const { balancer } = state;
  const [bad, good] = [target(0), target(1)];
  balancer.avoid(bad, 5000);
  for (let call = 0; call < 10; call += 1) assert.equal(balancer.pick([bad, good]), good);
  assert.equal(balancer.pick([bad, good], { tried: new Set([good.key]) }), bad);
  state.time = 5001;
  balancer.begin(good);
  assert.equal(balancer.pick([bad, good]), bad);
});

test('calls spread over equal instances', () => {
  const { balancer } = balancing(Array.from({ length: 997 }, (_, index) => ((index * 7919) % 997) / 997));
  const targets = [0, 1, 2, 3].map(target);
  const taken = new Map<string, number>();
  for (let call = 0; call < 4000; call += 1) {
    const { key } = balancer.pick(targets) ?? target(99);
    taken.set(key, (taken.get(key) ?? 0) + 1);
  }
  assert.equal(taken.size, 4);
  assert.ok(
    [...taken.values()].every((count) => count > 500),
    [...taken.values()].join(),
  );
});
