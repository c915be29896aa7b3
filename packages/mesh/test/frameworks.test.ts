import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');

/** Runs an example as a user would, and waits until it says that it is ready. */
async function run(home: TestHome, example: string): Promise<{ stop: () => Promise<number | null> }> {
  const child = spawn(process.execPath, ['-C', 'themis-source', join(EXAMPLES, example)], {
    env: { ...process.env, THEMIS_HOME: home.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  home.onEnd(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const ready = (async () => {
    for await (const chunk of child.stdout) if (String(chunk).includes('ready')) return;
    throw new Error(`${example} ended before it was ready`);
  })();
  await within(ready, `${example} to be ready`, 30_000);
  return {
    async stop() {
      child.kill('SIGTERM');
      return (await within(exited, `${example} to end`, 20_000))[0];
    },
  };
}

for (const framework of ['fastify', 'express', 'hono']) {
  test(`${framework} runs on a mesh server as it is`, async () => {
    await using home = await TestHome.create('web', 'payments');
    const example = await run(home, `${framework}/server.mjs`);
    const web = await home.join('web');
    assert.deepEqual(await (await web.fetch('https://payments/hello')).json(), { hello: 'web' });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ amount: 12 }) };
    const charged = await web.fetch('https://payments/charge', init);
    assert.deepEqual([charged.status, await charged.json()], [200, { charged: 12, to: 'web' }]);
    assert.equal((await web.fetch('https://payments/nowhere')).status, 404);
    const calls = Array.from({ length: 50 }, () => web.fetch('https://payments/hello'));
    for (const call of calls) assert.deepEqual(await (await call).json(), { hello: 'web' });
    assert.equal(await example.stop(), 0);
    // That it is gone is heard from the directory, or from a dial that fails until then.
    const isGone = (): Promise<boolean> =>
      web.fetch('https://payments/hello').then(
        () => false,
        (error: unknown) => ThemisError.is(error, 'THEMIS_NO_INSTANCE'),
      );
    await waitFor(isGone, 'the end of the only instance to be known');
  });
}

test('the quick start says what happens, and ends', async () => {
  const child = spawn(process.execPath, ['-C', 'themis-source', join(EXAMPLES, 'quick-start/quick-start.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await within(once(child, 'close'), 'the quick start to end', 30_000)) as [number];
  assert.equal(code, 0);
  assert.match(said, /web calls https:\/\/payments\/charge: 200 charged, web\n$/);
});
