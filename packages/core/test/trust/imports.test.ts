import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppState } from '../../src/app/app-state.ts';
import { Charter } from '../../src/app/charter.ts';
import { anchorOf } from '../../src/app/anchor.ts';
import { importOf as importFrom } from '../../src/app/hold-to-import.ts';
import type { Import } from '../../src/app/import.ts';
import { signHead } from '../../src/app/head.ts';
import { signMembership } from '../../src/app/membership.ts';
import { TargetName } from '../../src/app/target-name.ts';
import { mintIdentityCertificate } from '../../src/certificate/mint-identity.ts';
import { mintLeaf } from '../../src/certificate/mint-leaf.ts';
import type { History } from '../../src/identity/history.ts';
import type { IdentityId } from '../../src/identity/id.ts';
import { InstanceName } from '../../src/identity/spiffe-id.ts';
import { MemorySigner } from '../../src/keys/signer.ts';
import { Trust, type SeenHistories, type TrustOptions } from '../../src/trust/trust.ts';
import type { SeenApps } from '../../src/trust/imported-apps.ts';
import { advanced, memberOf, membershipBytes, named, newApp, type OwnedApp } from '../builders/apps.ts';
import { newIdentity, NOW, rotated, type Owned } from '../builders/identities.ts';
import { accepted, assertRefused } from '../builders/verdicts.ts';

const HOUR = 3600;
const [web, theirWeb, invoices, stranger] = await Promise.all([newIdentity(), newIdentity(), newIdentity(), newIdentity()]);
const billing = await newApp({ members: [memberOf('web', theirWeb), memberOf('invoices', invoices)] });
const shipping = await newApp({ members: [memberOf('parcels', stranger)] });
const shop = await newApp({ members: [memberOf('web', web)], imports: [importOf('billing', billing)] });

function importOf(alias: string, { state: { history } }: OwnedApp): Import {
  return { alias: named(alias), app: history.id, min: history.point };
}

/** A memory of histories and of apps. */
class Memory implements SeenHistories {
  readonly #histories = new Map<IdentityId, History>();

  get(id: IdentityId): History | undefined {
    return this.#histories.get(id);
  }

  remember(history: History): void {
    this.#histories.set(history.id, history);
  }
}

class AppMemory implements SeenApps {
  readonly states = new Map<IdentityId, AppState>();

  get(app: IdentityId): AppState | undefined {
    return this.states.get(app);
  }

  remember(state: AppState): void {
    this.states.set(state.history.id, state);
  }
}

/** A verifier of the shop that has heard of billing. */
function newTrust(options: Partial<TrustOptions> = {}, of: readonly OwnedApp[] = [billing]): Trust {
  const trust = new Trust({ app: shop.state, seen: new Memory(), ...options });
  for (const { state } of of) accepted(trust.takeApp(state));
  return trust;
}

async function chainOf(of: Owned, membership?: Uint8Array): Promise<readonly Uint8Array[]> {
  const [signer] = of.operational;
  const [publicKey] = MemorySigner.generate().keys;
  const instance = InstanceName.parse('one');
  assert.ok(signer && publicKey && instance);
  const { history } = of;
  const serial = Buffer.alloc(16, 1);
  const leaf = await mintLeaf({ history, signer, publicKey, instance, membership, serial, now: NOW, ttl: HOUR });
  return [leaf, await mintIdentityCertificate({ history, signer })];
}

function name(text: string): TargetName {
  const parsed = TargetName.parse(text);
  assert.ok(parsed);
  return parsed;
}

test('a member of an imported app is known by its name and the alias, and remembered', async () => {
  const trust = newTrust();
  const labelled = { ...memberOf('invoices', invoices), labels: new Map([['team', 'money']]) };
  accepted(trust.takeApp((await advanced(billing, { members: [labelled] })).state));
  const peer = accepted(trust.authenticate(await chainOf(invoices), NOW));
  assert.deepEqual(
    [peer.name, peer.alias, peer.app, peer.by, [...peer.labels]],
    ['invoices.billing', 'billing', billing.state.history.id, 'charter', [['team', 'money']]],
  );
  assert.equal(trust.history(invoices.history.id)?.seq, 0);
  assert.equal(trust.serviceOf(name('invoices.billing'))?.member.id, invoices.history.id);
  const own = accepted(trust.authenticate(await chainOf(web), NOW));
  assert.deepEqual([own.name, own.alias, own.app], ['web', undefined, shop.state.history.id]);
});

test('a member of the imported app with the name of an own one is never taken for it, as caller or as callee', async () => {
  const trust = newTrust();
  assert.equal(accepted(trust.authenticate(await chainOf(theirWeb), NOW)).name, 'web.billing');
  assert.equal(accepted(trust.authenticate(await chainOf(web), NOW)).name, 'web');
  assert.equal(trust.serviceOf(name('web'))?.member.id, web.history.id);
  assert.equal(trust.serviceOf(name('web.billing'))?.member.id, theirWeb.history.id);
  assert.equal(trust.serviceOf(name('invoices')), undefined);
  assert.equal(trust.serviceOf(name('web.shipping')), undefined);
});

test('a member of an app that is not imported stays a stranger, whatever it carries', async () => {
  const trust = newTrust();
  assertRefused(trust.takeApp(shipping.state), 'charter-other-app');
  const member = memberOf('parcels', stranger);
  for (const membership of [undefined, await membershipBytes(shipping, member)]) {
    const peer = accepted(trust.authenticate(await chainOf(stranger, membership), NOW));
    assert.deepEqual([peer.name, peer.app, peer.alias, peer.by], [undefined, undefined, undefined, undefined]);
  }
  assert.equal(trust.history(stranger.history.id), undefined);
});

test('nobody of an imported app is believed before its charter is there', async () => {
  const trust = newTrust({}, []);
  const membership = await membershipBytes(billing, memberOf('invoices', invoices));
  assertRefused(trust.authenticate(await chainOf(invoices, membership), NOW), 'charter-missing');
  assert.equal(accepted(trust.authenticate(await chainOf(invoices), NOW)).name, undefined);
  assertRefused(trust.takeHead(new Uint8Array(), invoices.history, NOW, billing.state.history.id), 'charter-missing');
  accepted(trust.takeApp(billing.state));
  assert.equal(accepted(trust.authenticate(await chainOf(invoices, membership), NOW)).name, 'invoices.billing');
});

test('a membership by the other owner makes its newcomer known, one by anybody else does not', async () => {
  const [newcomer, admitter] = [await newIdentity(), await newIdentity()];
  const admitters = [
    { id: admitter.history.id, min: admitter.history.point, names: ['mail'], attestations: ['token'], maxTtl: HOUR },
  ];
  const next = await advanced(billing, {
    members: [...billing.state.charter.claims.members, memberOf('mail', newcomer)],
    admitters,
  });
  const trust = newTrust();
  const member = memberOf('mail', newcomer);
  const peer = accepted(trust.authenticate(await chainOf(newcomer, await membershipBytes(next, member)), NOW));
  assert.deepEqual([peer.name, peer.by, peer.behind, peer.goodUntil], ['mail.billing', 'membership', true, NOW + 600]);
  for (const by of [admitter, invoices, shop.owner, newcomer]) {
    const forged = await membershipBytes(next, member, { signers: by.operational });
    const verdict = trust.authenticate(await chainOf(newcomer, forged), NOW);
    assert.equal(verdict.ok, false, 'signed by somebody else');
  }
  accepted(trust.takeApp(next.state));
  assert.deepEqual(accepted(trust.authenticateAgain(peer, NOW + 600)).by, 'charter');
});

test('a membership of this app, signed by the owner of the other, is worth nothing', async () => {
  const claims = {
    app: shop.state.history.id,
    charter: [0, 9] as const,
    member: memberOf('web', invoices),
    iat: NOW,
    exp: NOW + 86_400,
  };
  const forged = (await signMembership(claims, billing.owner.operational)).bytes;
  assert.equal(newTrust().authenticate(await chainOf(invoices, forged), NOW).ok, false);
});

test('who is removed from the imported app is refused, on an open connection too', async () => {
  const trust = newTrust();
  const peer = accepted(trust.authenticate(await chainOf(invoices), NOW));
  const removed = [{ id: invoices.history.id, until: NOW + HOUR }];
  const without = await advanced(billing, { members: [memberOf('web', theirWeb)], removed });
  assert.equal(accepted(trust.takeApp(without.state)), 'newer');
  assertRefused(trust.authenticateAgain(peer, NOW), 'member-removed');
  assertRefused(trust.authenticate(await chainOf(invoices), NOW), 'member-removed');
  assert.equal(trust.serviceOf(name('invoices.billing')), undefined);
});

test('when the import is removed its members are strangers; when it comes back, what was seen is still the floor', async () => {
  const seenApps = new AppMemory();
  const trust = newTrust({ seenApps });
  const peer = accepted(trust.authenticate(await chainOf(invoices), NOW));
  const next = await advanced(billing, {});
  accepted(trust.takeApp(next.state));
  const without = await advanced(shop, { imports: [] });
  accepted(trust.takeApp(without.state));
  assert.equal(accepted(trust.authenticateAgain(peer, NOW)).name, undefined);
  assert.equal(trust.serviceOf(name('invoices.billing')), undefined);
  const again = await advanced(without, { imports: [importOf('bills', billing)] });
  accepted(trust.takeApp(again.state));
  assert.equal(accepted(trust.authenticateAgain(peer, NOW)).name, 'invoices.bills');
  assertRefused(trust.takeApp(billing.state), 'charter-rolled-back');
  const restarted = new Trust({ app: again.state, seen: new Memory(), seenApps });
  assertRefused(restarted.takeApp(billing.state), 'charter-rolled-back', 'after a restart');
});

test('the other app is neither rolled back nor forked', async () => {
  const trust = newTrust();
  const [next, other] = [await advanced(billing, {}), await advanced(billing, { members: [] })];
  assert.equal(accepted(trust.takeApp(next.state)), 'newer');
  assert.equal(accepted(trust.takeApp(next.state)), 'same');
  assertRefused(trust.takeApp(billing.state), 'charter-rolled-back');
  assertRefused(trust.takeApp(other.state), 'charter-forked');
  const [first, thief] = [await rotated(billing.owner), await rotated(billing.owner)];
  accepted(trust.takeApp((await advanced(next, {}, first)).state));
  assertRefused(trust.takeApp((await advanced(next, {}, thief)).state), 'history-forked');
  assert.equal(accepted(trust.authenticate(await chainOf(invoices), NOW)).name, 'invoices.billing');
});

test('nothing below what was pinned is believed, and what was believed ends when the pin moves on', async () => {
  const after = await rotated(billing.owner);
  const moved = await advanced(billing, {}, after);
  const pinned = await advanced(shop, { imports: [importOf('billing', moved)] });
  const fresh = new Trust({ app: pinned.state, seen: new Memory() });
  assertRefused(fresh.takeApp(billing.state), 'history-behind-checkpoint');
  const thief = await advanced(billing, {}, await rotated(billing.owner));
  assertRefused(fresh.takeApp(thief.state), 'history-off-checkpoint');

  const trust = newTrust();
  const peer = accepted(trust.authenticate(await chainOf(invoices), NOW));
  accepted(trust.takeApp(pinned.state));
  assert.equal(accepted(trust.authenticateAgain(peer, NOW)).name, undefined);
  const membership = await membershipBytes(billing, memberOf('invoices', invoices));
  assertRefused(trust.authenticate(await chainOf(invoices, membership), NOW), 'charter-missing');
  accepted(trust.takeApp(moved.state));
  assert.equal(accepted(trust.authenticateAgain(peer, NOW)).name, 'invoices.billing');
  await assert.rejects(advanced(pinned, { imports: [importOf('billing', billing)] }), /never lowers/);
});

test('a charter that was pinned is the least that is believed, also by who has seen none yet', async () => {
  const next = await advanced(billing, { members: [memberOf('web', theirWeb)] });
  const other = await advanced(billing, {});
  const entry = importFrom(named('billing'), anchorOf(next.state));
  assert.ok(entry);
  const pinned = await advanced(shop, { imports: [entry] });
  const fresh = new Trust({ app: pinned.state, seen: new Memory() });
  assertRefused(fresh.takeApp(billing.state), 'charter-rolled-back');
  assertRefused(fresh.takeApp(other.state), 'charter-digest');
  accepted(fresh.takeApp(next.state));
  assert.equal(accepted(fresh.authenticate(await chainOf(invoices), NOW)).name, undefined);
  for (const lowered of [
    importOf('billing', next),
    { ...entry, charter: { sequence: [0, 0] as const, digest: entry.min.digest } },
  ]) {
    await assert.rejects(advanced(pinned, { imports: [lowered] }), /never lowers/);
  }
});

test('the own app decides first, whatever the other says of its members', async () => {
  const claimed = await advanced(billing, { members: [memberOf('admin', web), memberOf('guest', stranger)] });
  const trust = newTrust();
  accepted(trust.takeApp(claimed.state));
  const membership = await membershipBytes(claimed, memberOf('admin', web));
  for (const carried of [undefined, membership]) {
    assert.equal(accepted(trust.authenticate(await chainOf(web, carried), NOW)).name, 'web');
  }
  const removed = await advanced(shop, { removed: [{ id: stranger.history.id, until: NOW + HOUR }] });
  const guest = await chainOf(stranger);
  assert.equal(accepted(trust.authenticate(guest, NOW)).name, 'guest.billing');
  accepted(trust.takeApp(removed.state));
  assertRefused(trust.authenticate(guest, NOW), 'member-removed');
});

test('whom two imported apps name is of the one that its membership says, and refused without', async () => {
  const both = await newApp({ members: [memberOf('bills', invoices)] });
  const importer = await advanced(shop, { imports: [importOf('billing', billing), importOf('other', both)] });
  const trust = newTrust({ app: importer.state }, [billing, both]);
  assertRefused(trust.authenticate(await chainOf(invoices), NOW), 'member-ambiguous');
  const membership = await membershipBytes(billing, memberOf('invoices', invoices));
  assert.equal(accepted(trust.authenticate(await chainOf(invoices, membership), NOW)).name, 'invoices.billing');
  const third = await membershipBytes(shipping, memberOf('parcels', invoices));
  assert.equal(accepted(trust.authenticate(await chainOf(invoices, third), NOW)).name, undefined);
});

test('strict: of a member of another app, that app too must have fresh news', async () => {
  const clock = await newIdentity();
  const timekeepers = [{ id: clock.history.id, min: clock.history.point }];
  const [ours, theirs] = [await advanced(shop, { timekeepers }), await advanced(billing, { timekeepers })];
  const trust = newTrust({ app: ours.state, strict: true }, [theirs]);
  const take = async ({ state }: OwnedApp): Promise<void> => {
    const [signer] = clock.operational;
    assert.ok(signer);
    const { charter, history } = state;
    const claims = { app: history.id, charter: charter.sequence, digest: charter.digest, iat: NOW, exp: NOW + 600 };
    accepted(trust.takeHead((await signHead(claims, signer)).bytes, clock.history, NOW, history.id));
  };
  await take(ours);
  assert.equal(accepted(trust.authenticate(await chainOf(web), NOW)).name, 'web');
  assertRefused(trust.authenticate(await chainOf(invoices), NOW), 'freshness');
  await take(theirs);
  assert.equal(accepted(trust.authenticate(await chainOf(invoices), NOW)).name, 'invoices.billing');
});

test('a charter that imports itself, an app twice, or under the name of a member is none', async () => {
  const { history, charter } = shop.state;
  const self = { alias: named('self'), app: history.id, min: history.point };
  await assert.rejects(advanced(shop, { imports: [self] }), /charter-imports-itself/);
  await assert.rejects(advanced(shop, { imports: [importOf('a', billing), importOf('b', billing)] }), /charter-names-repeated/);
  await assert.rejects(advanced(shop, { imports: [importOf('a', billing), importOf('a', shipping)] }), /charter-names-repeated/);
  await assert.rejects(advanced(shop, { imports: [importOf('web', billing)] }), /charter-names-repeated/);
  assert.ok(Charter.verify(charter.statement.bytes, history, NOW).ok);
});
