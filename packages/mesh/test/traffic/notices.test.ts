import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServiceTraffic } from '@themis-mesh/core';
import { waitFor } from '@themis-mesh/testkit';
import { noteOf } from '../../src/traffic/traffic-note.ts';
import { rejectsWith } from '../expect-code.ts';
import { serviceName, TestHome } from '../test-home.ts';

test('a service says in its record how it wants to be called, and its callers do', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh } = await home.serve('payments', () => undefined, { traffic: { payments: { tryTimeoutMs: 150 } } });
  const web = await home.join('web');
  const post = (): Promise<unknown> => web.fetch('https://payments/', { method: 'POST', signal: AbortSignal.timeout(5000) });
  await waitFor(
    async () => {
      const code = await post().then(
        () => 'answered',
        (error: unknown) => (error as { code?: string }).code,
      );
      return code === 'THEMIS_TRY_TIMEOUT';
    },
    'the rules to be heard',
    20_000,
  );
  mesh.setTraffic({ payments: { timeoutMs: 100 } });
  await waitFor(
    async () =>
      rejectsWith(post(), 'THEMIS_DEADLINE_PASSED').then(
        () => true,
        () => false,
      ),
    'newer rules',
    20_000,
  );
});

test('what a caller was told of a service outweighs what that says of itself', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => setTimeout(() => response.end('ok'), 400), {
    traffic: { payments: { timeoutMs: 100 } },
  });
  const web = await home.join('web', { traffic: { payments: { timeoutMs: 30_000 } } });
  for (let call = 0; call < 3; call += 1) assert.equal(await (await web.fetch('https://payments/')).text(), 'ok');
});

test('a record carries nothing that sends callers elsewhere', () => {
  const shadow = serviceName('shadow');
  const traffic: ServiceTraffic = {
    timeoutMs: 5,
    mirror: { percent: 1, service: shadow },
    faults: [{ percent: 1, status: 500 }],
    split: [{ weight: 1, service: shadow }],
    routes: [{ match: { header: 'x' }, to: { labels: { version: 'v2' } } }],
  };
  assert.deepEqual(noteOf(traffic), { timeoutMs: 5, routes: traffic.routes });
  assert.equal(noteOf({ faults: [] }), undefined);
});

test('a record whose traffic is not understood, or leads elsewhere, changes nothing and is told of', async () => {
  await using home = await TestHome.create('web', 'payments', 'admin');
  await home.serve('payments', (_, response) => response.end('payments'));
  await home.serve('admin', (_, response) => response.end('admin'));
  const web = await home.join('web');
  const refused: string[] = [];
  web.events.on('traffic-refused', ({ error }) => refused.push(error.message));
  const ext = { traffic: { split: [{ weight: 1, service: 'admin' }] } };
  await home.storeNotice('payments', ext);
  await waitFor(async () => {
    assert.equal(await (await web.fetch('https://payments/')).text(), 'payments');
    return refused.length > 0;
  });
  assert.match(refused[0] ?? '', /split\[0\]\.service: no such key/);
});

test('an update that is wrong changes nothing, and says all that is wrong with it', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('ok'));
  const fault = { percent: 100, status: 418 };
  const web = await home.join('web', { traffic: { payments: { faults: [fault] } } });
  assert.throws(
    () => {
      web.setTraffic({ payments: { timeoutMs: -1, hedge: { afterMs: 0 } }, '*': { nonsense: 1 } as never });
    },
    { code: 'THEMIS_TRAFFIC_INVALID', message: /payments\.timeoutMs.*payments\.hedge\.afterMs.*\*\.nonsense/ },
  );
  assert.equal((await web.fetch('https://payments/')).status, 418);
  await rejectsWith(home.join('web', { traffic: { payments: { timeoutMs: 0 } } }), 'THEMIS_TRAFFIC_INVALID');
});

test('the file that the environment names is read, and read again when it is replaced', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('ok'));
  const path = join(home.path, 'traffic.json');
  const write = async (text: string): Promise<void> => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  await write(JSON.stringify({ payments: { faults: [{ percent: 100, status: 418 }] } }));
  process.env['THEMIS_TRAFFIC_FILE'] = path;
  t.after(() => delete process.env['THEMIS_TRAFFIC_FILE']);
  const web = await home.join('web');
  const status = async (): Promise<number> => (await web.fetch('https://payments/')).status;
  assert.equal(await status(), 418);
  const told: string[] = [];
  web.events.on('traffic', ({ by }) => told.push(by));
  web.events.on('traffic-refused', ({ error }) => told.push(error.code));
  await write('{"payments": {"timeoutMs": "soon"}}');
  await waitFor(() => told.includes('THEMIS_TRAFFIC_INVALID'), 'the wrong rules');
  assert.equal(await status(), 418);
  await write('{}');
  await waitFor(() => told.includes('file'), 'the right ones');
  assert.equal(await status(), 200);
});
