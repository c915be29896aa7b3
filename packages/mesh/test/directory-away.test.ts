import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, rm, symlink } from 'node:fs/promises';
import { test } from 'node:test';
import { systemClock, type Clock } from '@themis-mesh/channel';
import { openHomeDirectory } from '@themis-mesh/owner';
import { ManualClock, waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { SwitchedDirectory } from './switched-directory.ts';
import { TestHome } from './test-home.ts';

function switchedIn(home: TestHome, clock: Clock = systemClock): SwitchedDirectory {
  const directory = new SwitchedDirectory(openHomeDirectory(home.home, home.app, () => Math.floor(clock.now() / 1000)));
  home.onEnd(() => directory[Symbol.asyncDispose]());
  return directory;
}

test('services that know each other go on without a directory, past the end of their records', async () => {
  await using home = await TestHome.create('web', 'payments', 'orders');
  const clock = new ManualClock();
  const directory = switchedIn(home, clock);
  await home.serve('payments', (request, response) => response.end(String(request.peer.name)), { clock });
  await home.serve('orders', (_, response) => response.end('orders'), { clock });
  const web = await home.join('web', { directory, clock });
  const call = async (): Promise<string> => (await web.fetch('https://payments/', { headers: { connection: 'close' } })).text();
  assert.equal(await call(), 'web');
  const failures: unknown[] = [];
  web.events.on('directory-failed', ({ error }) => failures.push(error));
  directory.isAway = true;
  await waitFor(() => directory.underWay === 0, 'the looks under way to end');
  clock.advance(45_000);
  await waitFor(() => failures.length > 0, 'the failure to be told');
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance(11_000);
    assert.equal(await call(), 'web');
  }
  await web.renew();
  assert.equal(await call(), 'web', 'and it makes new leaves and new connections');
  await rejectsWith(web.fetch('https://orders/'), 'THEMIS_DIRECTORY_UNAVAILABLE');
  directory.isAway = false;
  const orders = await waitFor(() => {
    clock.advance(1000);
    return web.fetch('https://orders/').catch(() => undefined);
  }, 'orders to be found');
  assert.equal(await orders.text(), 'orders');
});

test('a folder that cannot be read is as good as none', async () => {
  await using home = await TestHome.create('web', 'payments', 'orders');
  await home.serve('payments', (_, response) => response.end('served'));
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  const folder = home.home.directory;
  await rename(folder, `${folder}.aside`);
  // A loop, which nobody can read: as root, no mode would keep this test out.
  await symlink(folder, folder);
  await web.renew();
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  await rejectsWith(web.fetch('https://orders/'), 'THEMIS_DIRECTORY_UNAVAILABLE');
  await rm(folder);
  await rename(`${folder}.aside`, folder);
  await rejectsWith(web.fetch('https://orders/'), 'THEMIS_NO_INSTANCE');
});

test('one that joins while the directory is away goes on from what it has seen', async () => {
  await using home = await TestHome.create('web');
  const directory = switchedIn(home);
  directory.isAway = true;
  const web = await home.join('web', { directory });
  assert.equal(web.trust.app.charter.memberByName(web.name)?.id, web.id);
  const failed = once(web.events, 'directory-failed');
  const server = web.createServer();
  server.listen(0);
  await within(once(server, 'listening'), 'it to listen all the same');
  await within(failed, 'the failure to be told');
});

test('an instance tells the directory as soon as that is back', async () => {
  await using home = await TestHome.create('web', 'payments');
  const directory = switchedIn(home);
  directory.isAway = true;
  await home.serve('payments', (_, response) => response.end('served'), { directory });
  const web = await home.join('web');
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_NO_INSTANCE');
  directory.isAway = false;
  const text = await waitFor(async () => (await web.fetch('https://payments/').catch(() => undefined))?.text(), 'it to be found');
  assert.equal(text, 'served');
});

test('news that were missed are heard when the directory is back', async () => {
  await using home = await TestHome.create('web', 'payments');
  const directory = switchedIn(home);
  const clock = new ManualClock();
  const { mesh: payments } = await home.serve('payments', (_, response) => response.end('served'), { directory, clock });
  directory.isAway = true;
  await home.remove('web');
  assert.notEqual(payments.trust.app.charter.memberByName(payments.name), undefined);
  directory.isAway = false;
  const heard = once(payments.events, 'charter');
  clock.advance(30_000);
  await within(heard, 'the news');
  assert.equal(payments.trust.app.charter.claims.members.length, 1);
});

test('a charter that has ended is an alarm, raised once', async () => {
  await using home = await TestHome.create('web', 'payments');
  const clock = new ManualClock();
  const web = await home.join('web', { clock });
  const alarms: string[] = [];
  web.events.on('alarm', ({ refusal }) => alarms.push(refusal.code));
  clock.set(web.trust.app.charter.claims.exp * 1000 + 1000);
  for (let look = 0; look < 4; look += 1) {
    clock.advance(30_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(alarms, ['charter-expired']);
});
