import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestHome } from '../test-home.ts';
import { CASES } from './cases.ts';
import { onMesh, onPlainHttp } from './transcript.ts';

test('handlers of node:http see and do over a tunnel what they do on plain HTTP', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  for (const [name, { serve, ask = {}, isOrderFree = false }] of Object.entries(CASES)) {
    await t.test(name, async () => {
      const plain = await onPlainHttp(serve, ask);
      const ours = await onMesh(home, serve, ask);
      assert.deepEqual(ours.seen, plain.seen);
      const inOrder = (lines: readonly string[]): readonly string[] => (isOrderFree ? [...lines].sort() : lines);
      assert.deepEqual(inOrder(ours.server), inOrder(plain.server));
    });
  }
});
