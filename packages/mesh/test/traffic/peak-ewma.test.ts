import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DECAY_MS, FLOOR_MS, PeakEwma } from '../../src/traffic/peak-ewma.ts';

test('a peak counts at once and is forgotten by time', () => {
  const ewma = new PeakEwma();
  ewma.observe(10, 0);
  assert.equal(ewma.cost(0), 10);
  ewma.observe(500, 1);
  assert.equal(ewma.cost(1), 500);
  assert.ok(Math.abs(ewma.cost(1 + DECAY_MS) - 500 / Math.E) < 1e-6);
  assert.equal(ewma.cost(1e9), FLOOR_MS);
});

test('quick answers bring it down slowly', () => {
  const ewma = new PeakEwma();
  ewma.observe(500, 0);
  for (let now = 1; now <= 1000; now += 1) ewma.observe(5, now);
  const cost = ewma.cost(1000);
  assert.ok(cost > 350 && cost < 450, String(cost));
});

test('it stays between the least and the greatest that was seen', () => {
  const observation = fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(10_000));
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1 }), (observations) => {
      const ewma = new PeakEwma();
      let now = 0;
      for (const [latency, after] of observations) {
        now += after;
        ewma.observe(latency, now);
        assert.ok(ewma.cost(now) >= Math.min(latency, FLOOR_MS) && ewma.cost(now) >= FLOOR_MS);
        assert.ok(ewma.cost(now) >= latency - 1e-6);
      }
      assert.ok(ewma.cost(now) <= Math.max(FLOOR_MS, ...observations.map(([latency]) => latency)) + 1e-6);
    }),
  );
});
