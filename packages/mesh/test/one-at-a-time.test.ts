import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '@themis-mesh/testkit';
import { OneAtATime } from '../src/world/one-at-a-time.ts';
import { Repeat } from '../src/world/repeat.ts';

const plans = fc.array(fc.record({ wait: fc.nat(4), takes: fc.nat(4), fails: fc.boolean() }), { maxLength: 30 });

test('it never runs twice at a time, and each call is served by a run that began after it', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (calls) => {
      let running = 0;
      let begun = 0;
      const runs = new OneAtATime(async () => {
        begun += 1;
        const run = begun;
        const { takes = 0, fails = false } = calls[run % Math.max(1, calls.length)] ?? {};
        running += 1;
        assert.equal(running, 1);
        await pass(takes);
        running -= 1;
        if (fails) throw new RunFailed(run);
        return run;
      });
      const served: Promise<void>[] = [];
      for (const { wait } of calls) {
        await pass(wait);
        const before = begun;
        const run = runs.now().catch((error: unknown) => (error instanceof RunFailed ? error.run : assert.fail(String(error))));
        served.push(run.then((number) => assert.ok(number > before, `run ${number} for a call after run ${before} had begun`)));
      }
      await Promise.all(served);
      assert.ok(begun <= calls.length);
    }),
  );
});

class RunFailed extends Error {
  readonly run: number;

  constructor(run: number) {
    super(`run ${run}`);
    this.run = run;
  }
}

test('it repeats after what each run says, and a call in between begins the wait anew', async () => {
  const clock = new ManualClock();
  let runs = 0;
  const repeat = new Repeat(clock, () => {
    runs += 1;
    return Promise.resolve(runs * 100);
  });
  await repeat.now();
  assert.equal(clock.pending, 1);
  clock.advance(50);
  await repeat.now();
  assert.deepEqual([runs, clock.pending], [2, 1]);
  clock.advance(199);
  await pass(20);
  assert.equal(runs, 2);
  clock.advance(1);
  await pass(20);
  assert.equal(runs, 3);
  repeat[Symbol.dispose]();
  assert.equal(clock.pending, 0);
  await repeat.now();
  assert.equal(runs, 3);
});

test('one that is closed while it runs does not begin again', async () => {
  const clock = new ManualClock();
  const { promise, resolve } = Promise.withResolvers<number>();
  const repeat = new Repeat(clock, () => promise);
  const run = repeat.now();
  repeat[Symbol.dispose]();
  resolve(100);
  await run;
  assert.equal(clock.pending, 0);
});

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}
