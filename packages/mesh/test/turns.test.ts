import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Turns } from '../src/find/turns.ts';

test('so many go at a time, the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  const ends: (() => void)[] = [];
  const go = async (index: number): Promise<void> => {
    while (!turns.hasPlace('a')) await turns.sleep('a');
    order.push(index);
    ends.push(turns.begin('a'));
  };
  const all = [0, 1, 2, 3, 4].map((index) => go(index));
  await Promise.all(all.slice(0, 2));
  assert.deepEqual(order, [0, 1]);
  assert.equal(turns.hasPlace('b'), true, 'another key has places of its own');
  for (const index of [2, 3, 4]) {
    ends.shift()?.();
    await all[index];
    assert.deepEqual(
      order,
      Array.from({ length: index + 1 }, (_, at) => at),
    );
  }
});

test('who gives up leaves his place to the next', async () => {
  const turns = new Turns(1);
  const end = turns.begin('a');
  const controller = new AbortController();
  const reason = new Error('no longer');
  const first = turns.sleep('a', controller.signal);
  const second = turns.sleep('a');
  controller.abort(reason);
  await assert.rejects(first, reason);
  end();
  await second;
  assert.equal(turns.isAwaited('a'), false);
  await assert.rejects(turns.sleep('a', AbortSignal.abort(reason)), reason);
});

test('all who wait fail together', async () => {
  const turns = new Turns(1);
  turns.begin('a');
  const waiting = [1, 2, 3].map(() => turns.sleep('a'));
  const reason = new Error('nobody is there');
  turns.fail('a', reason);
  for (const wait of waiting) await assert.rejects(wait, reason);
});

test('nobody waits for ever, and never do more go than may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), takes: fc.nat(5), aborts: fc.boolean() }), { maxLength: 30 }),
      async (most, goers) => {
        const turns = new Turns(most);
        const going = new Map<string, number>();
        await Promise.all(
          goers.map(async ({ key, takes, aborts }) => {
            const controller = new AbortController();
            if (aborts) void pass(takes).then(() => controller.abort(new Error('aborted')));
            try {
              while (!turns.hasPlace(key)) await turns.sleep(key, controller.signal);
            } catch {
              return;
            }
            if (controller.signal.aborted) {
              turns.wake(key);
              return;
            }
            const end = turns.begin(key);
            going.set(key, (going.get(key) ?? 0) + 1);
            assert.ok((going.get(key) ?? 0) <= most);
            await pass(takes);
            going.set(key, (going.get(key) ?? 0) - 1);
            end();
          }),
        );
      },
    ),
  );
});

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}
