import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetryBudget } from '../../src/traffic/retry-budget.ts';
import { retryDelay } from '../../src/traffic/retry-delay.ts';

function drain(budget: RetryBudget, now: number): number {
  let count = 0;
  while (count < 100_000 && budget.withdraw(now)) count += 1;
  return count;
}

test('without requests there is the least of ten seconds, which comes again with time', () => {
  const budget = new RetryBudget();
  assert.equal(drain(budget, 0), 30);
  assert.equal(drain(budget, 5000), 0);
  assert.equal(drain(budget, 11_000), 30);
});

test('a fifth of the requests of the last ten seconds may be sent again', () => {
  const budget = new RetryBudget({ percent: 20, minPerSecond: 0 });
  for (let count = 0; count < 1000; count += 1) budget.deposit(count * 5);
  assert.equal(drain(budget, 5000), 200);
  assert.equal(drain(budget, 14_500), 0, 'what was taken counts for as long as what was given');
  assert.equal(drain(budget, 60_000), 0, 'requests of long ago give nothing');
});

test('rules can change, and none at all is allowed', () => {
  const budget = new RetryBudget({ percent: 0, minPerSecond: 0 });
  budget.deposit(0);
  assert.equal(budget.withdraw(0), false);
  budget.rules = { percent: 100, minPerSecond: 0 };
  assert.equal(budget.withdraw(0), true);
  assert.equal(budget.withdraw(0), false);
});

const event = fc.tuple(fc.integer({ min: 0, max: 700 }), fc.constantFrom('request', 'retry'));

test('in no window of ten seconds are there more retries than the rules grant', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), fc.nat(100), fc.nat(5), (events, percent, minPerSecond) => {
      const budget = new RetryBudget({ percent, minPerSecond });
      const requests: number[] = [];
      const retries: number[] = [];
      let now = 0;
      for (const [after, kind] of events) {
        now += after;
        if (kind === 'request') {
          budget.deposit(now);
          requests.push(now);
        } else if (budget.withdraw(now)) retries.push(now);
        // The bucket forgets by whole seconds, so it looks at 9 to 10 of them.
        const recent = (times: readonly number[], span: number): number => times.filter((time) => time > now - span).length;
        const granted = (recent(requests, 10_000) * percent) / 100 + minPerSecond * 10;
        assert.ok(recent(retries, 9000) <= granted, `${recent(retries, 9000)} of ${granted}`);
      }
    }),
  );
});

test('the pause before a retry is any time up to a limit that doubles', () => {
  const rules = { baseMs: 10, maxMs: 50 };
  assert.deepEqual(
    [1, 2, 3, 4, 40].map((retry) => retryDelay(retry, 1, rules)),
    [10, 20, 40, 50, 50],
  );
  assert.equal(retryDelay(3, 0, rules), 0);
});
