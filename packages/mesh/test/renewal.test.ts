import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySigner, planRenewal } from '@themis-mesh/core';
import { ManualClock } from '@themis-mesh/testkit';
import type { Leaf, LeafIssuer } from '../src/leaf/leaf-issuer.ts';
import { RotatingCredentials } from '../src/leaf/rotating-credentials.ts';

const lives = fc.record({ issuedAt: fc.integer({ min: 1, max: 2 ** 31 }), life: fc.integer({ min: 1, max: 86_400 }) });
const chance = fc.double({ min: 0, max: 1, noNaN: true });

test('a leaf is renewed between 0.4 and 0.6 of its life, and never in the past', () => {
  fc.assert(
    fc.property(lives, chance, fc.integer({ min: -100_000, max: 100_000 }), ({ issuedAt, life }, drawn, passed) => {
      const now = issuedAt + passed;
      const at = planRenewal({ issuedAt, notAfter: issuedAt + life }, 0, drawn, now);
      assert.ok(at >= now);
      if (passed <= 0.4 * life) assert.ok(at >= issuedAt + 0.4 * life - 1e-6 && at <= issuedAt + 0.6 * life + 1e-6);
    }),
  );
});

test('after failures it is tried again sooner and sooner: no sooner than in a second, no later than in five minutes', () => {
  const counts = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(lives, chance, counts, fc.nat(200_000), ({ issuedAt, life }, drawn, failures, passed) => {
      const now = issuedAt + passed;
      const wait = planRenewal({ issuedAt, notAfter: issuedAt + life }, failures, drawn, now) - now;
      const left = Math.max(0, life - passed);
      assert.ok(wait >= 1 && wait <= Math.max(1, Math.min(300, left / 4)) + 1e-6, String(wait));
    }),
  );
});

/** Makes leaves that are nothing but their times, and fails when told to. */
class FakeIssuer implements LeafIssuer {
  readonly issuedAt: number[] = [];
  isAway = false;
  readonly #life: number;

  constructor(life: number) {
    this.#life = life;
  }

  issue(now: number): Promise<Leaf> {
    if (this.isAway) return Promise.reject(new Error('the issuer is away'));
    this.issuedAt.push(now);
    const times = { serial: String(this.issuedAt.length), notAfter: now + this.#life };
    return Promise.resolve({ ...times, key: '', chain: '', der: new Uint8Array(), signer: MemorySigner.generate() });
  }
}

test('a rotation always has a leaf that has not ended, whatever chance says', async () => {
  const chances = fc.array(chance, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 4000 }), chances, fc.nat(999), async (life, drawn, ms) => {
      const clock = new ManualClock(1_790_000_000_000 + ms);
      const issuer = new FakeIssuer(life);
      let index = 0;
      const chanceOf = (): number => drawn[index++ % drawn.length] ?? 0;
      const options = { issuer, clock, chance: chanceOf, onFailure: () => assert.fail('nothing fails here') };
      using credentials = await RotatingCredentials.start(options);
      for (let step = 0; step < 40; step += 1) {
        clock.advance((life * 1000) / 10);
        await settle();
        assert.ok(credentials.current.notAfter > clock.seconds, 'the leaf has ended');
      }
      const most = 4 / 0.35 + 2;
      assert.ok(
        issuer.issuedAt.length >= 6 && issuer.issuedAt.length <= most * (life <= 4 ? 2 : 1),
        `${issuer.issuedAt.length} leaves`,
      );
    }),
    { numRuns: 60 },
  );
});

test('while the issuer is away the old leaf serves, it is told how long, and the next try succeeds', async () => {
  const clock = new ManualClock();
  const issuer = new FakeIssuer(1000);
  const left: number[] = [];
  const changes: string[] = [];
  const onFailure = (_: unknown, rest: number): void => void left.push(rest);
  using credentials = await RotatingCredentials.start({ issuer, clock, chance: () => 0.5, onFailure });
  credentials.onChange(({ serial }) => changes.push(serial));
  issuer.isAway = true;
  for (let second = 0; second < 900; second += 10) {
    clock.advance(10_000);
    await settle();
  }
  assert.ok(left.length >= 4, `${left.length} failures`);
  assert.deepEqual(
    [...left].sort((a, b) => b - a),
    left,
  );
  assert.deepEqual([credentials.current.serial, changes], ['1', []]);
  issuer.isAway = false;
  clock.advance(60_000);
  await settle();
  assert.deepEqual([credentials.current.serial, changes], ['2', ['2']]);
});

test('after its end nothing is made and nobody is told', async () => {
  const clock = new ManualClock();
  const issuer = new FakeIssuer(100);
  const credentials = await RotatingCredentials.start({ issuer, clock, chance: () => 0.5, onFailure: () => undefined });
  credentials[Symbol.dispose]();
  clock.advance(1_000_000);
  await settle();
  assert.deepEqual([issuer.issuedAt.length, clock.pending], [1, 0]);
});

/** Lets promises that need no more than some turns be fulfilled. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
