import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Breaker, DEFAULT_OUTLIERS, type Outcome } from '../../src/traffic/breaker.ts';

const YES = (): boolean => true;

function fail(breaker: Breaker, times: number, now: number, mayEject: () => boolean = YES): void {
  for (let count = 0; count < times; count += 1) breaker.end('failed', breaker.begin(now), now, 0, mayEject);
}

test('failures in a row take an instance out, and a good answer between them does not let it come to that', () => {
  const breaker = new Breaker();
  fail(breaker, 4, 0);
  breaker.end('well', breaker.begin(0), 0, 0, YES);
  fail(breaker, 4, 0);
  assert.equal(breaker.state.is, 'in');
  fail(breaker, 1, 0);
  assert.deepEqual(breaker.state, { is: 'out', because: 'consecutive-failures', until: 5000, times: 1 });
  assert.equal(breaker.takes(4999), false);
});

test('one request probes after the time, and the time doubles while that fails', () => {
  const breaker = new Breaker();
  fail(breaker, 5, 0);
  let now = 5000;
  for (const span of [10_000, 20_000, 40_000, 60_000, 60_000]) {
    assert.equal(breaker.takes(now), true);
    const epoch = breaker.begin(now);
    assert.equal(breaker.state.is, 'probing');
    assert.equal(breaker.takes(now), false, 'one at a time');
    breaker.end('failed', epoch, now, 0, () => false);
    assert.equal(breaker.takes(now + span - 1), false);
    now += span;
    assert.equal(breaker.takes(now), true);
  }
  breaker.end('well', breaker.begin(now), now, 0, YES);
  assert.deepEqual(breaker.state, { is: 'in', failures: 0 });
  fail(breaker, 5, now);
  assert.deepEqual(breaker.state, { is: 'out', because: 'consecutive-failures', until: now + 5000, times: 1 });
});

test('a probe that is called off says nothing: the next request probes', () => {
  const breaker = new Breaker();
  breaker.avoid(100, 0);
  breaker.end('none', breaker.begin(100), 150, 0, YES);
  assert.equal(breaker.takes(150), true);
});

test('results of requests from before an ejection change nothing', () => {
  const breaker = new Breaker();
  const before = breaker.begin(0);
  fail(breaker, 5, 0);
  breaker.end('well', before, 1, 0, YES);
  assert.equal(breaker.state.is, 'out');
  const lastResort = breaker.begin(2);
  breaker.end('well', lastResort, 3, 0, YES);
  assert.equal(breaker.state.is, 'in', 'somebody went there for want of others, and it is well');
});

test('a low share of good answers takes it out once there are enough of them', () => {
  const breaker = new Breaker({ ...DEFAULT_OUTLIERS, consecutive: 0 });
  for (let count = 0; count < 9; count += 1) {
    breaker.end('well', breaker.begin(0), 0, 0, YES);
    fail(breaker, 1, 0);
  }
  fail(breaker, 1, 0);
  assert.equal(breaker.takes(0), true, '19 answers are not enough');
  fail(breaker, 1, 0);
  assert.deepEqual(breaker.state, { is: 'out', because: 'success-rate', until: 5000, times: 1 });
});

test('it stays in where too many are out already, except for one that cannot be reached', () => {
  const breaker = new Breaker();
  fail(breaker, 50, 0, () => false);
  assert.equal(breaker.state.is, 'in');
  breaker.end('unreachable', breaker.begin(0), 0, 0, () => false);
  assert.equal(breaker.state.is, 'out');
});

test('one that takes nothing now is passed over for a moment, which does not grow', () => {
  const breaker = new Breaker();
  for (let now = 0; now < 5000; now += 250) {
    breaker.end('busy', breaker.begin(now), now, 0, YES);
    assert.deepEqual(breaker.state, { is: 'out', because: 'busy', until: now + 250, times: 0 });
  }
});

const outcome = fc.constantFrom<Outcome>('well', 'failed', 'unreachable', 'busy', 'none');
const step = fc.record({
  outcome,
  after: fc.nat(20_000),
  isLate: fc.boolean(),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

test('whatever happens, it is passed over for no longer than the longest time, and one probe at a time goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const breaker = new Breaker();
      let now = 0;
      const late: [number, Outcome][] = [];
      for (const { outcome: result, after, isLate, chance } of steps) {
        now += after;
        if (!breaker.takes(now)) {
          const { state } = breaker;
          if (state.is === 'out') assert.ok(state.until - now <= DEFAULT_OUTLIERS.maxEjectMs);
          if (state.is === 'probing') {
            const [probe] = late.splice(
              late.findIndex(([epoch]) => epoch === breaker.epoch),
              1,
            );
            assert.ok(probe, 'whoever probes is still under way');
            breaker.end(probe[1], probe[0], now, chance, YES);
          }
          continue;
        }
        const wasOut = breaker.state.is === 'out';
        const epoch = breaker.begin(now);
        assert.equal(breaker.state.is, wasOut ? 'probing' : 'in');
        if (isLate) late.push([epoch, result]);
        else breaker.end(result, epoch, now, chance, YES);
        assert.ok(breaker.state.is !== 'in' || (result !== 'unreachable' && result !== 'busy') || isLate);
      }
    }),
  );
});
