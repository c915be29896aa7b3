import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestHome } from './test-home.ts';

const CALLS = 600;
const AT_ONCE = 24;

test('two identities in one process are never taken for each other, while their leaves are replaced', async () => {
  await using home = await TestHome.create('orders', 'web', 'mail');
  await home.serve('orders', ({ peer }, response) => response.end(`${peer.name ?? '?'} ${peer.id}`));
  const callers = [await home.join('web'), await home.join('mail')] as const;
  let next = 0;
  const wrong: string[] = [];
  const call = async (): Promise<void> => {
    for (let count = next++; count < CALLS; count = next++) {
      const caller = callers[count % 2] ?? callers[0];
      if (count % 150 === 149) await caller.renew();
      const seen = await (await caller.fetch('http://orders/')).text();
      if (seen !== `${caller.name} ${caller.id}`) wrong.push(`${caller.name}: ${seen}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, call));
  assert.deepEqual(wrong, []);
});
