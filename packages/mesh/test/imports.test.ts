import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join as joinPath } from 'node:path';
import { test } from 'node:test';
import { appStateBytes, TargetName } from '@themis-mesh/core';
import { openFileDirectory } from '@themis-mesh/directory';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

/** How long after a charter was stored somebody whom it shuts out may still be connected. Milliseconds. */
const BOUND = 2000;

const tellCaller: RequestListener = ({ peer, headers }, response) => {
  response.end(JSON.stringify({ name: peer.name, alias: peer.alias, app: peer.app, host: headers.host }));
};

const INVOICES = TargetName.parse('invoices.billing');

/** Two apps in two homes that share a directory. Each has a service `web`; billing lets the shop's `web` call its invoices. */
async function twoApps(): Promise<{ readonly shop: TestHome; readonly billing: TestHome } & AsyncDisposable> {
  const shop = await TestHome.create('web');
  const billing = await TestHome.sharing(shop, 'invoices', 'web');
  await shop.import('billing', billing);
  await billing.import('shop', shop);
  return {
    shop,
    billing,
    async [Symbol.asyncDispose]() {
      await billing[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

const allowing = (...allow: readonly string[]): { readonly policy: { readonly allow: readonly string[] } } => ({
  policy: { allow },
});

test('a service calls one of another app by its name there, and each knows who the other is', async () => {
  await using it = await twoApps();
  await it.billing.serve('invoices', tellCaller, allowing('web.shop'));
  const web = await it.shop.join('web');
  for (const host of ['invoices.billing', 'invoices.billing.mesh.internal', 'INVOICES.Billing']) {
    const answer: unknown = await (await web.fetch(`https://${host}/`)).json();
    assert.deepEqual(answer, { name: 'web.shop', alias: 'shop', app: it.shop.app, host: host.toLowerCase() });
  }
  const channel = await web.dial('invoices.billing').catch((error: unknown) => error);
  assert.ok(channel instanceof Error, 'it takes no raw bytes');
});

test('raw bytes too', async () => {
  await using it = await twoApps();
  const invoices = await it.billing.join('invoices', allowing('web.shop'));
  await invoices.createTcpServer((socket, peer) => socket.end(`hello ${String(peer.name)}`)).listen(0);
  const web = await it.shop.join('web');
  const channel = await web.dial('invoices.billing');
  assert.deepEqual([channel.peer.name, channel.peer.app], ['invoices.billing', it.billing.app]);
  assert.equal(String((await once(channel.socket, 'data'))[0]), 'hello web.shop');
});

test('the default policy admits own members only, and one that names `web` does not mean the other `web`', async () => {
  await using it = await twoApps();
  const { mesh: invoices } = await it.billing.serve('invoices', tellCaller);
  const [theirs, own] = [await it.shop.join('web'), await it.billing.join('web')];
  await rejectsWith(theirs.fetch('https://invoices.billing/'), 'THEMIS_REFUSED_BY_PEER', 'policy-not-a-member');
  assert.equal((await own.fetch('https://invoices/')).status, 200);
  invoices.setPolicy({ allow: ['web'] });
  await rejectsWith(theirs.fetch('https://invoices.billing/'), 'THEMIS_REFUSED_BY_PEER', 'policy-not-listed');
  assert.equal((await own.fetch('https://invoices/')).status, 200);
  invoices.setPolicy({ allow: ['web.shop'] });
  assert.equal((await theirs.fetch('https://invoices.billing/')).status, 200);
  await rejectsWith(own.fetch('https://invoices/'), 'THEMIS_REFUSED_BY_PEER', 'policy-not-listed');
  await rejectsWith(own.fetch('https://invoices.shop/'), 'THEMIS_NAME_UNKNOWN');
});

test('the charter may allow it as well, and what it grants goes with the import', async () => {
  await using it = await twoApps();
  const caller = TargetName.parse('web.shop');
  assert.ok(caller);
  await it.billing.setPolicy('invoices', { default: 'members', allow: [caller] });
  await it.billing.serve('invoices', tellCaller);
  const web = await it.shop.join('web');
  assert.equal((await web.fetch('https://invoices.billing/')).status, 200);
  await it.billing.removeImport('shop');
  const { charter } = await it.billing.state();
  assert.deepEqual([charter.claims.imports, charter.claims.policies[0]?.policy.allow], [[], []]);
  await waitFor(
    () =>
      web.fetch('https://invoices.billing/').then(
        () => false,
        () => true,
      ),
    'the call to be refused',
  );
});

test('who is not imported by the callee stays a stranger there; who is not imported by the caller is not found', async () => {
  await using it = await twoApps();
  await using third = await TestHome.sharing(it.shop, 'mail');
  await third.import('billing', it.billing);
  await it.billing.serve('invoices', ({ peer }, response) => response.end(String(peer.name)), {
    policy: { default: 'authenticated' },
  });
  const mail = await third.join('mail');
  assert.equal(await (await mail.fetch('https://invoices.billing/')).text(), 'undefined');
  await rejectsWith(mail.fetch('https://web.shop/'), 'THEMIS_NAME_UNKNOWN');
  const web = await it.shop.join('web');
  await rejectsWith(web.fetch('https://mail.third/'), 'THEMIS_NAME_UNKNOWN');
  await rejectsWith(web.fetch('https://nobody.billing/'), 'THEMIS_NAME_UNKNOWN');
});

test('a member removed from the imported app is cut off where it is connected, as caller and as callee', async () => {
  await using it = await twoApps();
  await it.shop.serve('web', tellCaller, allowing('invoices.billing', 'web.billing'));
  const invoices = await it.billing.serve('invoices', (_, response) => void response.write('begun;'), allowing('web.shop'));
  const web = await it.shop.join('web', allowing('invoices.billing'));
  await web.createTcpServer((socket) => socket.write('hello')).listen(0);
  const other = await it.billing.join('web');

  const asCallee = (await web.fetch('https://invoices.billing/')).text();
  const calls = await invoices.mesh.fetch('https://web.shop/');
  assert.equal(((await calls.json()) as { name: string }).name, 'invoices.billing');
  const held = await invoices.mesh.dial('web.shop');
  const closed = once(held.socket.resume(), 'close');
  const cut = rejectsWith(asCallee, 'THEMIS_CONNECTION_LOST', 'member-removed');

  await it.billing.remove('invoices');
  await within(Promise.all([cut, closed]), 'both connections to be cut', BOUND);
  await rejectsWith(web.fetch('https://invoices.billing/'), 'THEMIS_NAME_UNKNOWN');
  await waitFor(() => web.trust.appState(it.billing.app)?.charter.claims.removed.length === 1, 'the news');
  await rejectsWith(invoices.mesh.fetch('https://web.shop/'), 'THEMIS_REFUSED_BY_PEER', 'member-removed');
  assert.equal((await other.fetch('https://web.shop/')).status, 200, 'the others go on');
});

test('when an import is removed, what is open to its members is cut, on both sides', async () => {
  for (const side of ['caller', 'callee'] as const) {
    await using it = await twoApps();
    await it.billing.serve('invoices', (_, response) => void response.write('begun;'), allowing('web.shop'));
    const web = await it.shop.join('web');
    const cut = rejectsWith((await web.fetch('https://invoices.billing/')).text(), 'THEMIS_CONNECTION_LOST');
    if (side === 'caller') await it.shop.removeImport('billing');
    else await it.billing.removeImport('shop');
    await within(cut, `the connection to be cut by the ${side}`, BOUND);
    const code = side === 'caller' ? 'THEMIS_NAME_UNKNOWN' : 'THEMIS_REFUSED_BY_PEER';
    await rejectsWith(web.fetch('https://invoices.billing/'), code);
  }
});

test('an import that comes while the services run is taken up by them', async () => {
  await using shop = await TestHome.create('web');
  await using billing = await TestHome.sharing(shop, 'invoices');
  await billing.serve('invoices', tellCaller, allowing('web.shop'));
  const web = await shop.join('web');
  await rejectsWith(web.fetch('https://invoices.billing/'), 'THEMIS_NAME_UNKNOWN');
  await shop.import('billing', billing);
  await rejectsWith(web.fetch('https://invoices.billing/'), 'THEMIS_REFUSED_BY_PEER');
  await billing.import('shop', shop);
  await waitFor(
    () =>
      web.fetch('https://invoices.billing/').then(
        (response) => response.ok,
        () => false,
      ),
    'the callee to know the app of its caller',
  );
});

test('the other charter is kept in the home: a directory that goes back to an older one later is not believed', async () => {
  await using it = await twoApps();
  const folder = it.shop.home.directory;
  const old = joinPath(it.shop.path, 'old-directory');
  await cp(folder, old, { recursive: true });
  await it.billing.remove('invoices');
  const first = await it.shop.join('web');
  await waitFor(() => first.trust.appState(it.billing.app)?.charter.claims.removed.length === 1, 'the news');
  await first.close();
  const kept = await readFile(joinPath(it.shop.home.apps, `${it.billing.app}.json`), 'utf8');
  assert.ok(kept.includes('charter'));

  const shown = joinPath(folder, 'charter', `${it.billing.app}.json`);
  await cp(joinPath(old, 'charter', `${it.billing.app}.json`), shown);
  const second = await it.shop.join('web');
  await rejectsWith(second.fetch('https://invoices.billing/'), 'THEMIS_NAME_UNKNOWN');
  assert.equal(second.trust.appState(it.billing.app)?.charter.claims.removed.length, 1);
});

test("the charter of another app under the imported one's key is not taken, and nothing is believed by it", async () => {
  await using it = await twoApps();
  await using third = await TestHome.create('invoices');
  await rm(joinPath(it.shop.home.apps, `${it.billing.app}.json`));
  const shown = joinPath(it.shop.home.directory, 'charter', `${it.billing.app}.json`);
  await cp(joinPath(third.home.directory, 'charter', `${third.app}.json`), shown);
  const web = await it.shop.join('web');
  await rejectsWith(web.fetch('https://invoices.billing/'), 'THEMIS_APP_UNSEEN');
  assert.equal(web.trust.appState(it.billing.app), undefined);
  assert.ok(INVOICES !== undefined && web.trust.serviceOf(INVOICES) === undefined);
});

test('what an app publishes goes into its own records only, though the directory is shared', async () => {
  await using it = await twoApps();
  const options = { folder: it.shop.home.directory, alarms: it.shop.home.alarms, app: it.shop.app };
  await using directory = openFileDirectory(options);
  const state = await it.billing.state();
  const stored = await directory.store({ key: { kind: 'charter', id: it.billing.app }, bytes: appStateBytes(state) });
  assert.ok(stored.outcome === 'refused' && stored.refusal.code === 'record-other-app');
});
