import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { octetString, utf8String } from '../../src/asn1/der-writer.ts';
import { OID, OWN_ARC } from '../../src/certificate/profile.ts';
import {
  KnownIdentities,
  leafPublicKey,
  verifyChain,
  verifyLeafUnder,
  type ChainContext,
  type History,
  type VerifiedChain,
} from '../../src/index.ts';
import {
  adding,
  build,
  extension,
  identitySpec,
  leafSpec,
  leafUri,
  makeActor,
  makeWorld,
  pointOf,
  rotateActor,
  type Actor,
} from './chain-builder.ts';

const NOW = 1_800_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What a WeakRef gave lives on until the turn of the event loop is over. */
async function collectGarbage(): Promise<void> {
  await new Promise(setImmediate);
  collect();
}

const world = await makeWorld(NOW);
const MEMBERSHIP = Buffer.from('{"payload":""}');

function chainOf(issuer: Actor): readonly [Uint8Array, Uint8Array] {
  return [build(leafSpec(world, issuer)), build(identitySpec(issuer))];
}

function verified(chain: readonly Uint8Array[], context: Partial<ChainContext> = {}): VerifiedChain {
  const verdict = verifyChain(chain, { now: NOW, ...context });
  assert.ok(verdict.ok, verdict.ok ? '' : `${verdict.refusal.code}: ${verdict.refusal.detail}`);
  return verdict.value;
}

function refusal(chain: readonly Uint8Array[], context: Partial<ChainContext>): string | undefined {
  const verdict = verifyChain(chain, { now: NOW, ...context });
  return verdict.ok ? undefined : verdict.refusal.code;
}

describe('a chain that is believed', () => {
  it('says who it is', () => {
    const chain = chainOf(world.service);
    const { id, instance, spiffeId, keySeq, standing, publicKey, serial, notBefore, notAfter, goodUntil, membership, ...rest } =
      verified(chain);
    assert.equal(id, world.service.history.id);
    assert.equal(instance, world.instance);
    assert.equal(spiffeId, leafUri(world));
    assert.equal(keySeq, 0);
    assert.equal(standing, 'first');
    assert.deepEqual(publicKey.point, pointOf(world.leafKey));
    assert.equal(serial, '5f0d3c2b1a998877665544332211ffee');
    assert.deepEqual([notBefore, notAfter, goodUntil], [NOW - 60, NOW + 3600, NOW + 3600]);
    assert.equal(membership, undefined);
    assert.deepEqual(rest.history.point, world.service.history.point);
    assert.deepEqual(Buffer.from(rest.leaf), Buffer.from(chain[0]));
    assert.deepEqual(Buffer.from(rest.identityCertificate), Buffer.from(chain[1]));
  });

  it('hands on the membership that it carries, unread', () => {
    const spec = leafSpec(world);
    const leaf = build({ ...spec, ...adding(spec, extension(OID.membership, false, utf8String(MEMBERSHIP))) });
    assert.deepEqual(Buffer.from(verified([leaf, chainOf(world.service)[1]]).membership ?? []), MEMBERSHIP);
  });

  it('may have extensions of a later release that are not critical', () => {
    const later = extension(`${OWN_ARC}.99`, false, octetString(new Uint8Array(300)));
    const [leaf, identity] = [leafSpec(world), identitySpec(world.service)];
    verified([build({ ...leaf, ...adding(leaf, later) }), build({ ...identity, ...adding(identity, later) })]);
  });

  it('shares no memory with what was presented', () => {
    const chain = chainOf(world.service);
    const cache = new KnownIdentities();
    const value = verified(chain, { cache });
    const before = Buffer.from(value.identityCertificate).toString('hex');
    const wire = Buffer.from(value.history.wires[0] ?? []).toString();
    for (const certificate of chain) certificate.fill(0);
    assert.equal(Buffer.from(value.identityCertificate).toString('hex'), before);
    assert.equal(Buffer.from(value.history.wires[0] ?? []).toString(), wire);
    assert.equal(refusal(chain, { cache }), 'leaf-der-tag');
  });

  it('is so from its first second to its last, and at no time that is none', () => {
    const chain = chainOf(world.service);
    verified(chain, { now: NOW - 60 });
    verified(chain, { now: NOW + 3600 });
    for (const now of [Number.NaN, -Infinity, Infinity, NOW + 3600.001, NOW - 60.001]) {
      assert.notEqual(refusal(chain, { now }), undefined, String(now));
    }
  });
});

describe('the history in a chain, held against the one remembered', () => {
  const cases = [
    ['first', world.service, undefined, Infinity],
    ['same', world.service, world.service.history, Infinity],
    ['extends', world.rotated, world.service.history, Infinity],
    ['precedes', world.service, world.rotated.history, NOW + 3600],
  ] as const;
  for (const [standing, presented, remembered] of cases) {
    it(standing, () => {
      const value = verified(chainOf(presented), { seen: () => remembered });
      assert.equal(value.standing, standing);
      assert.deepEqual(value.history.point, presented.history.point);
    });
  }

  it('ends with the grace of the event that superseded it, sooner than the leaf does', async () => {
    const next = await rotateActor(world.service, NOW, 10);
    const seen = (): History => next.history;
    assert.equal(verified(chainOf(world.service), { seen }).goodUntil, NOW + 10);
    assert.equal(refusal(chainOf(world.service), { seen, now: NOW + 10 }), 'history-superseded');
    assert.equal(verified(chainOf(next), { seen }).goodUntil, NOW + 3600);
  });

  it('is at its end at once where there is no grace', async () => {
    const next = await rotateActor(world.service, NOW, 0);
    assert.equal(refusal(chainOf(world.service), { seen: () => next.history }), 'history-superseded');
  });

  it('is held against it for a known identity, too', async () => {
    const cache = new KnownIdentities();
    const chain = chainOf(world.service);
    verified(chain, { cache });
    const next = await rotateActor(world.service, NOW, 0);
    assert.equal(refusal(chain, { cache, seen: () => next.history }), 'history-superseded');
    assert.equal(refusal(chain, { cache, seen: () => world.retired }), 'history-retired');
    assert.equal(refusal(chain, { cache, expectedId: world.other.history.id }), 'history-other-id');
    assert.equal(refusal(chain, { cache, now: NOW + 3601 }), 'leaf-expired');
  });
});

describe('the identities known', () => {
  it('are those verified last, and no more of them than said', async () => {
    const cache = new KnownIdentities(2);
    const [first, second, third] = await Promise.all([makeActor(NOW), makeActor(NOW), makeActor(NOW)]);
    for (const issuer of [first, second, first, third]) verified(knownChain(issuer), { cache });
    assert.equal(cache.size, 2);
    assert.ok(cache.find(knownChain(first)[1]));
    assert.equal(cache.find(knownChain(second)[1]), undefined);
    assert.ok(cache.find(knownChain(third)[1]));
  });

  it('are none of those refused', () => {
    const cache = new KnownIdentities();
    assert.equal(refusal(chainOf(world.service), { cache, expectedId: world.other.history.id }), 'history-other-id');
    assert.equal(refusal(chainOf(world.forked), { cache, seen: () => world.rotated.history }), 'history-forked');
    assert.equal(cache.size, 0);
  });

  it('know a leaf by all of its bytes, and under the identity certificate that it was verified under', () => {
    const cache = new KnownIdentities();
    const [leaf, identity] = knownChain(world.service);
    const [, other] = knownChain(world.other);
    const [, copy] = chainOf(world.service);
    verified([leaf, identity], { cache });
    verified(knownChain(world.other), { cache });
    assert.equal(refusal([leaf, other], { cache }), 'leaf-other-identity');
    const damaged = Buffer.from(leaf);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    assert.equal(refusal([damaged, identity], { cache }), 'leaf-signature');
    assert.notDeepEqual(copy, identity);
    verified([leaf, copy], { cache });
  });

  it('are held against the dates each time', () => {
    const cache = new KnownIdentities();
    const chain = knownChain(world.service);
    verified(chain, { cache });
    assert.equal(refusal(chain, { cache, now: NOW + 3601 }), 'leaf-expired');
    assert.equal(refusal(chain, { cache, now: NOW - 61 }), 'leaf-not-yet-valid');
    assert.deepEqual(verified(chain, { cache }), verified(chain));
  });

  it('take no more room than said, and what was verified of them keeps no copies for each signature', async () => {
    const cache = new KnownIdentities(1024, 65_536);
    const room = Math.floor(65_536 / knownChain(world.service)[1].length);
    for (let count = 0; count < room + 4; count += 1) verified(chainOf(await makeActor(NOW)), { cache });
    assert.ok(cache.size <= room + 1, `${cache.size} certificates, there is room for ${room}`);
    assert.ok(cache.size >= room - 1, `${cache.size} certificates, there is room for ${room}`);
    assert.deepEqual(Object.keys(verified(chainOf(world.service)).history.last).sort(), [
      'bytes',
      'claims',
      'digest',
      'kind',
      'payload',
    ]);
  });

  it('are let go of when others take their place', async () => {
    const cache = new KnownIdentities(1024, 65_536);
    const room = Math.ceil(65_536 / knownChain(world.service)[1].length);
    const histories: WeakRef<History>[] = [];
    for (let count = 0; count < 2 * room; count += 1) {
      histories.push(new WeakRef(verified(chainOf(await makeActor(NOW)), { cache }).history));
    }
    await collectGarbage();
    const kept = histories.filter((history) => history.deref() !== undefined).length;
    assert.ok(kept <= room + 1, `${kept} histories, there is room for ${room}`);
  });

  it('cannot be kept in no place', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) assert.throws(() => new KnownIdentities(capacity), TypeError);
  });

  const chains = new Map<Actor, readonly [Uint8Array, Uint8Array]>();
  function knownChain(issuer: Actor): readonly [Uint8Array, Uint8Array] {
    const chain = chains.get(issuer) ?? chainOf(issuer);
    chains.set(issuer, chain);
    return chain;
  }
});

describe('a leaf alone', () => {
  it('is believed under any event of the history whose keys are good', () => {
    for (const [issuer, goodUntil] of [
      [world.service, NOW + 3600],
      [world.rotated, NOW + 3600],
    ] as const) {
      const [leaf] = chainOf(issuer);
      const verdict = verifyLeafUnder(leaf, world.rotated.history, NOW);
      assert.ok(verdict.ok);
      assert.equal(verdict.value.keySeq, issuer.history.seq);
      assert.equal(verdict.value.goodUntil, goodUntil);
      assert.equal(verdict.value.id, world.service.history.id);
    }
  });

  it('shows its key, believed or not', () => {
    const [leaf, identity] = chainOf(world.service);
    const key = leafPublicKey(leaf);
    assert.ok(key.ok);
    assert.deepEqual(key.value.point, pointOf(world.leafKey));
    assert.equal(leafPublicKey(identity).ok, false);
  });
});
