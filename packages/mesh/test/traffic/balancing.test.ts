import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdentityId, InstanceName } from '@themis-mesh/core';
import { Balancer } from '../../src/find/balancer.ts';
import { makeTarget, NO_TRAITS, type Target, type Traits } from '../../src/find/target.ts';

const ID = 'a'.repeat(52);

function target(index: number, traits: Partial<Traits> = {}): Target {
  const instance = InstanceName.parse(`i${index}`);
  if (!IdentityId.is(ID) || instance === undefined) throw new TypeError('no target');
  return makeTarget(
    ID,
    instance,
    { host: '127.0.0.1', port: 1000 + index, alpn: ['themis-http/1'] },
    { ...NO_TRAITS, ...traits },
  );
}

/** A world in which time passes by requests and each target takes its own time; seeded, so that it is the same every time. */
class World {
  now = 0;
  readonly balancer: Balancer;
  readonly #ends: { readonly at: number; readonly end: () => void }[] = [];

  constructor(seed: number, zone?: string) {
    let state = seed | 1;
    const chance = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
    this.balancer = new Balancer({ chance, now: () => this.now, zone });
  }

  /** @returns how many calls each target had, by its place in the list */
  run(targets: readonly Target[], calls: number, everyMs: number, latency: (index: number) => number): number[] {
    const counts = targets.map(() => 0);
    for (let call = 0; call < calls; call += 1) {
      this.now += everyMs;
      for (const { end } of this.#due()) end();
      const picked = this.balancer.pick(targets);
      if (picked === undefined) throw new TypeError('nobody');
      const index = targets.indexOf(picked);
      counts[index] = (counts[index] ?? 0) + 1;
      const passage = this.balancer.begin(picked);
      const end = (): void => {
        passage.end('well');
        passage.over();
      };
      this.#ends.push({ at: this.now + latency(index), end });
    }
    return counts;
  }

  #due(): { readonly end: () => void }[] {
    const due = this.#ends.filter(({ at }) => at <= this.now);
    for (const one of due) this.#ends.splice(this.#ends.indexOf(one), 1);
    return due;
  }
}

test('an instance that answers slowly is left alone, and found again when it is quick', () => {
  const world = new World(7);
  const targets = [0, 1, 2].map((index) => target(index));
  world.run(targets, 1000, 2, (index) => (index === 0 ? 500 : 3));
  const [slow = 0] = world.run(targets, 5000, 2, (index) => (index === 0 ? 500 : 3));
  assert.ok(slow < 250, `${slow} of 5000`);
  world.run(targets, 15_000, 2, () => 3);
  const [again = 0] = world.run(targets, 5000, 2, () => 3);
  assert.ok(again > 500, `${again} of 5000`);
});

test('a new instance gets its part at once, whatever the others take', () => {
  for (const latency of [0.2, 30, 800]) {
    const world = new World(3);
    const old = [target(0), target(1)];
    world.run(old, 2000, 5, () => latency);
    const [, , fresh = 0] = world.run([...old, target(2)], 300, 5, () => latency);
    assert.ok(fresh > 40 && fresh < 200, `${fresh} of 300 at ${latency} ms`);
  }
});

test('weights divide the traffic', () => {
  const world = new World(11);
  const targets = [target(0, { weight: 300 }), target(1), target(2)];
  const [heavy = 0] = world.run(targets, 5000, 3, () => 4);
  assert.ok(heavy > 2400 && heavy < 3800, `${heavy} of 5000, wanted about 3000`);
});

test('the own zone comes first while it is well', () => {
  const world = new World(5, 'a');
  const targets = [target(0, { zone: 'a' }), target(1, { zone: 'a' }), target(2, { zone: 'b' }), target(3)];
  const [first = 0, second = 0] = world.run(targets, 2000, 3, () => 4);
  assert.ok(first + second > 1950, `${first} and ${second} of 2000`);
});

test('what is too much for the own zone spills over', () => {
  const world = new World(5, 'a');
  const targets = [target(0, { zone: 'a' }), target(1, { zone: 'b' }), target(2, { zone: 'b' })];
  const [near = 0] = world.run(targets, 3000, 2, (index) => (index === 0 ? 400 : 4));
  assert.ok(near < 300, `${near} of 3000 stayed with the slow one`);
  for (const gone of [0, 1]) world.balancer.avoid(targets[gone] ?? target(9), 1e6);
  assert.equal(world.balancer.pick(targets)?.key, targets[2]?.key, 'nobody of the own zone is left');
});

test('a zone that has lost most of its instances gives calls away', () => {
  const world = new World(13, 'a');
  const near = Array.from({ length: 10 }, (_, index) => target(index, { zone: 'a' }));
  const far = Array.from({ length: 10 }, (_, index) => target(10 + index, { zone: 'b' }));
  const targets = [...near, ...far];
  for (const gone of near.slice(0, 8)) world.balancer.avoid(gone, 1e9);
  const counts = world.run(targets, 4000, 3, () => 2);
  const stayed = counts.slice(0, 10).reduce((sum, count) => sum + count, 0);
  assert.ok(stayed > 500 && stayed < 2200, `${stayed} of 4000 stayed with 2 of 10`);
  assert.equal(
    counts.slice(0, 8).reduce((sum, count) => sum + count, 0),
    0,
  );
});

test('at most half of the instances are passed over for their answers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 9 }), fc.integer(), (count, seed) => {
      const { balancer } = new World(seed);
      const targets = Array.from({ length: count }, (_, index) => target(index));
      for (let call = 0; call < 400; call += 1) {
        const passage = balancer.begin(balancer.pick(targets) ?? target(99));
        passage.end('failed');
        passage.over();
      }
      const picked = new Set<string>();
      for (let call = 0; call < 400; call += 1) picked.add(balancer.pick(targets)?.key ?? '');
      assert.equal(picked.size, count - Math.floor(count / 2));
    }),
  );
});

test('an instance that is the only one is asked, whatever it answers', () => {
  const { balancer } = new World(1);
  const only = [target(0)];
  for (let call = 0; call < 20; call += 1) {
    const passage = balancer.begin(only[0] ?? target(0));
    passage.end('failed');
    passage.over();
    assert.equal(balancer.pick(only), only[0]);
  }
});
