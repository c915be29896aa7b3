import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signHead } from '../../src/app/head.ts';
import { mintIdentityCertificate } from '../../src/certificate/mint-identity.ts';
import { mintLeaf } from '../../src/certificate/mint-leaf.ts';
import type { History } from '../../src/identity/history.ts';
import type { IdentityId } from '../../src/identity/id.ts';
import { InstanceName } from '../../src/identity/spiffe-id.ts';
import { MemorySigner } from '../../src/keys/signer.ts';
import { Trust, type SeenHistories, type TrustOptions } from '../../src/trust/trust.ts';
import { advanced, memberOf, membershipBytes, newApp, type OwnedApp } from '../builders/apps.ts';
import { newIdentity, NOW, retired, rotated, type Owned } from '../builders/identities.ts';
import { accepted, assertRefused, outcomeOf } from '../builders/verdicts.ts';

const HOUR = 3600;
const owner = await newIdentity();
const service = await newIdentity();
const clocks = [await newIdentity(), await newIdentity(), await newIdentity()];
const stranger = await newIdentity();
const timekeepers = clocks.map(({ history }) => ({ id: history.id, min: history.point }));
const app = await newApp({ members: [memberOf('orders', service)], timekeepers }, owner);

class Memory implements SeenHistories {
  readonly #histories = new Map<IdentityId, History>();

  get(id: IdentityId): History | undefined {
    return this.#histories.get(id);
  }

  remember(history: History): void {
    this.#histories.set(history.id, history);
  }
}

function newTrust(options: Partial<TrustOptions> = {}): Trust {
  return new Trust({ app: app.state, seen: new Memory(), ...options });
}

interface ChainPlan {
  readonly membership?: Uint8Array;
  readonly ttl?: number;
}

async function chainOf(of: Owned, { membership, ttl = HOUR }: ChainPlan = {}): Promise<readonly Uint8Array[]> {
  const [signer] = of.operational;
  const [publicKey] = MemorySigner.generate().keys;
  const instance = InstanceName.parse('one');
  assert.ok(signer && publicKey && instance);
  const { history } = of;
  const leaf = await mintLeaf({ history, signer, publicKey, instance, membership, serial: Buffer.alloc(16, 1), now: NOW, ttl });
  return [leaf, await mintIdentityCertificate({ history, signer })];
}

async function headBytes(by: Owned, of: OwnedApp, iat: number = NOW): Promise<Uint8Array> {
  const [signer] = by.operational;
  assert.ok(signer);
  const { charter } = of.state;
  const claims = { app: owner.history.id, charter: charter.sequence, digest: charter.digest, iat, exp: iat + 600 };
  return (await signHead(claims, signer)).bytes;
}

test('a member is known by its name, and remembered; a stranger is neither', async () => {
  const trust = newTrust();
  const peer = accepted(trust.authenticate(await chainOf(service), NOW));
  assert.deepEqual(
    [peer.id, peer.name, peer.instance, peer.by, peer.goodUntil],
    [service.history.id, 'orders', 'one', 'charter', NOW + HOUR],
  );
  assert.equal(trust.history(service.history.id)?.seq, 0);
  const other = accepted(trust.authenticate(await chainOf(stranger), NOW));
  assert.deepEqual([other.id, other.name, other.by], [stranger.history.id, undefined, undefined]);
  assert.equal(trust.history(stranger.history.id), undefined);
});

test('a membership in the leaf makes a newcomer known, until it is too old', async () => {
  const next = await advanced(app, { members: [...app.state.charter.claims.members, memberOf('mail', stranger)] });
  const membership = await membershipBytes(next, memberOf('mail', stranger));
  const chain = await chainOf(stranger, { membership });
  const trust = newTrust();
  const peer = accepted(trust.authenticate(chain, NOW));
  assert.deepEqual([peer.name, peer.by], ['mail', 'membership']);
  assertRefused(trust.authenticateAgain(peer, NOW + 601), 'membership-unconfirmed');
  assert.equal(peer.goodUntil, NOW + 600, 'without news its connections end then');
  assert.equal(accepted(trust.takeApp(next.state)), 'newer');
  const known = accepted(trust.authenticateAgain(peer, NOW + 600));
  assert.deepEqual([known.by, known.goodUntil], ['charter', NOW + HOUR]);
});

test('a name that a newer charter gives to another is no more of who held it before, though that charter is not here yet', async () => {
  const successor = await newIdentity();
  const members = [memberOf('orders', successor)];
  const next = await advanced(app, { members, removed: [{ id: service.history.id, until: NOW + HOUR }] });
  const membership = await membershipBytes(next, memberOf('orders', successor));
  const trust = newTrust();
  const before = accepted(trust.authenticate(await chainOf(service), NOW));
  assert.equal(before.name, 'orders');

  const peer = accepted(trust.authenticate(await chainOf(successor, { membership }), NOW));
  assert.deepEqual([peer.name, peer.by], ['orders', 'membership']);
  assertRefused(trust.authenticateAgain(before, NOW), 'name-passed-on');
  assertRefused(trust.authenticate(await chainOf(service), NOW), 'name-passed-on');
  accepted(trust.takeApp(next.state));
  assertRefused(trust.authenticateAgain(before, NOW), 'member-removed');
  assert.equal(accepted(trust.authenticateAgain(peer, NOW)).by, 'charter');
});

test('a leaf does not outlive the membership that it carries', async () => {
  const membership = await membershipBytes(app, memberOf('orders', service), { exp: NOW + HOUR - 1 });
  assertRefused(newTrust().authenticate(await chainOf(service, { membership }), NOW), 'membership-outlived');
  assert.ok(newTrust().authenticate(await chainOf(service, { membership, ttl: HOUR - 1 }), NOW).ok);
});

test('a leaf that carries something else than a membership is refused', async () => {
  const chain = await chainOf(service, { membership: await headBytes(owner, app) });
  assertRefused(newTrust().authenticate(chain, NOW), 'statement-typ');
});

test('who is removed is refused, on an open connection too', async () => {
  const trust = newTrust();
  const chain = await chainOf(service);
  const peer = accepted(trust.authenticate(chain, NOW));
  const without = await advanced(app, { members: [], removed: [{ id: service.history.id, until: NOW + HOUR }] });
  assert.equal(accepted(trust.takeApp(without.state)), 'newer');
  assertRefused(trust.authenticateAgain(peer, NOW), 'member-removed');
  assertRefused(trust.authenticate(chain, NOW), 'member-removed');
  assertRefused(trust.takeApp(app.state), 'charter-rolled-back');
  assertRefused(trust.takeApp((await newApp()).state), 'charter-other-app');
});

test('old keys go on in their grace, and end with it; a stolen one ends at once', async () => {
  const chain = await chainOf(service);
  for (const grace of [0, 100]) {
    const trust = newTrust();
    const peer = accepted(trust.authenticate(chain, NOW));
    const after = await rotated(service, { now: NOW, grace });
    assert.equal(accepted(trust.takeHistory(after.history)), 'newer');
    if (grace > 0) assert.equal(accepted(trust.authenticateAgain(peer, NOW + grace - 1)).goodUntil, NOW + grace);
    assertRefused(trust.authenticateAgain(peer, NOW + grace), 'history-superseded');
    assertRefused(trust.authenticate(chain, NOW + grace), 'history-superseded');
    assert.equal(accepted(trust.takeHistory(service.history)), 'same');
    assertRefused(trust.takeHistory((await rotated(service)).history), 'history-forked');
    assert.equal(trust.history(service.history.id)?.seq, 1);
  }
});

test('a history in a certificate is news as well, and a fork is refused', async () => {
  const trust = newTrust();
  const after = await rotated(service, { now: NOW, grace: 0 });
  assert.ok(trust.authenticate(await chainOf(after), NOW).ok);
  assertRefused(trust.authenticate(await chainOf(service), NOW), 'history-superseded');
  assertRefused(trust.authenticate(await chainOf(await rotated(service)), NOW), 'history-forked');
});

test('two histories that contradict each other are told as proof, from a handshake and from a record alike', async () => {
  const forks: string[] = [];
  const trust = newTrust({ onFork: (remembered, presented) => forks.push(`${remembered.last.digest} ${presented.last.digest}`) });
  const [first, other] = [await rotated(service), await rotated(service)];
  accepted(trust.authenticate(await chainOf(first), NOW));
  assertRefused(trust.authenticate(await chainOf(other), NOW), 'history-forked');
  assertRefused(trust.takeHistory(other.history), 'history-forked');
  const proof = `${first.history.last.digest} ${other.history.last.digest}`;
  assert.deepEqual(forks, [proof, proof]);
  assert.equal(trust.history(service.history.id)?.last.digest, first.history.last.digest);
});

test('a charter that raises the least event outranks grace', async () => {
  const trust = newTrust();
  const chain = await chainOf(service);
  const peer = accepted(trust.authenticate(chain, NOW));
  const after = await rotated(service, { now: NOW, grace: HOUR });
  accepted(trust.takeHistory(after.history));
  const raised = await advanced(app, { members: [memberOf('orders', after)] });
  accepted(trust.takeApp(raised.state));
  assertRefused(trust.authenticateAgain(peer, NOW), 'member-key-behind');
  assertRefused(trust.authenticate(chain, NOW), 'member-key-behind');
});

test('a retired identity and a leaf that has ended are refused', async () => {
  const trust = newTrust();
  const peer = accepted(trust.authenticate(await chainOf(service), NOW));
  assertRefused(trust.authenticateAgain(peer, NOW + HOUR), 'leaf-ended');
  accepted(trust.takeHistory((await retired(service)).history));
  assertRefused(trust.authenticateAgain(peer, NOW), 'history-retired');
});

test('strict: new connections need the word of more than half the timekeepers', async () => {
  const chain = await chainOf(service);
  const trust = newTrust({ strict: true });
  const take = async (by: Owned | undefined, of: OwnedApp, iat?: number): Promise<void> => {
    assert.ok(by);
    accepted(trust.takeHead(await headBytes(by, of, iat), by.history, NOW));
  };
  assertRefused(trust.authenticate(chain, NOW), 'freshness');
  await take(clocks[0], app);
  await take(clocks[0], app, NOW + 1);
  assertRefused(trust.authenticate(chain, NOW), 'freshness', 'one timekeeper, twice');
  const next = await advanced(app, {});
  await take(clocks[1], next);
  assertRefused(trust.authenticate(chain, NOW), 'freshness', 'another says something else');
  await take(clocks[2], app);
  assert.ok(trust.authenticate(chain, NOW).ok);
  assertRefused(trust.authenticate(chain, NOW + 600), 'freshness', 'when one head has ended');
  accepted(trust.takeApp(next.state));
  assertRefused(trust.authenticate(chain, NOW), 'freshness', 'heads of the charter before');
  const none = await newApp({ members: [memberOf('orders', service)] }, owner);
  assertRefused(newTrust({ app: none.state, strict: true }).authenticate(chain, NOW), 'freshness', 'no timekeepers');
  const ended = NOW + 100 * 86_400;
  assertRefused(
    newTrust({ app: none.state, strict: true }).authenticateAgain(accepted(newTrust().authenticate(chain, NOW)), ended),
    'leaf-ended',
  );
});

test('strict: a charter that has ended admits nobody', async () => {
  const short = await newApp({ members: [memberOf('orders', service)] }, owner, 60);
  assertRefused(newTrust({ app: short.state, strict: true }).authenticate(await chainOf(service), NOW + 60), 'charter-expired');
  assert.ok(newTrust({ app: short.state }).authenticate(await chainOf(service), NOW + 60).ok);
});

test('a head outdates a membership, and counts no longer when its timekeeper is none', async () => {
  const [clock] = clocks;
  assert.ok(clock);
  const second = await advanced(app, { members: [...app.state.charter.claims.members, memberOf('mail', stranger)] });
  const third = await advanced(second, {});
  const membership = await membershipBytes(second, memberOf('mail', stranger), { charter: [0, 2] });
  const chain = await chainOf(stranger, { membership });
  const far = await advanced(third, {});
  const trust = newTrust();
  accepted(trust.takeHead(await headBytes(clock, far), clock.history, NOW));
  assertRefused(trust.authenticate(chain, NOW), 'membership-outdated');
  const dismissed = await advanced(app, { timekeepers: timekeepers.slice(1) });
  accepted(trust.takeApp(dismissed.state));
  assert.equal(outcomeOf(trust.authenticate(chain, NOW)), 'accepted');
  assertRefused(trust.takeHead(await headBytes(stranger, far), stranger.history, NOW), 'head-timekeeper');
});
