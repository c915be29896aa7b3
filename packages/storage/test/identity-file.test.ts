import assert from 'node:assert/strict';
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson, digestOf, incept, MemorySigner, parseCanonicalJson, signMembership, type Json } from '@themis-mesh/core';
import { createStored, IdentityFile, retireStored, rotateStored, writeAtomically } from '@themis-mesh/storage';
import { APP, createOrders, keysFit, ORDERS, PASSPHRASE, placeIn, rotateOnce } from './identities.ts';
import { CHEAP, NOW, scratchFolder } from './scratch.ts';

test('an identity is found again as it was written', async (t) => {
  for (const passphrase of [undefined, PASSPHRASE]) {
    const place = placeIn(await scratchFolder(t), passphrase);
    const created = await createOrders(place);
    const read = await place.identity.read();
    assert.ok(read !== undefined && keysFit(read));
    assert.deepEqual(read.history.point, created.history.point);
    assert.deepEqual(read.service, { name: ORDERS, app: APP });
    const shown = await place.identity.readPublic();
    assert.equal(shown?.sealed, passphrase !== undefined);
    assert.equal((await stat(place.identity.path)).mode & 0o777, 0o600);
    assert.equal((await stat(place.recovery.path)).mode & 0o777, 0o600);
  }
});

test('the identity of an owner has no name and no app', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createStored(place, { now: NOW });
  assert.equal((await place.identity.read())?.service, undefined);
});

test('an identity is never overwritten by another', async (t) => {
  const place = placeIn(await scratchFolder(t));
  const { history } = await createOrders(place);
  await assert.rejects(createOrders(place), { code: 'THEMIS_IDENTITY_EXISTS' });
  const other = await createOrders(placeIn(await scratchFolder(t)));
  await assert.rejects(place.identity.create(other), { code: 'THEMIS_IDENTITY_EXISTS' });
  await assert.rejects(
    place.identity.update(() => Promise.resolve(other)),
    { code: 'THEMIS_HISTORY_FORKED' },
  );
  assert.equal((await place.identity.read())?.history.id, history.id);
});

test('a membership is kept with the identity, and only that of its own member', async (t) => {
  const place = placeIn(await scratchFolder(t));
  const { history } = await createOrders(place);
  const owner = MemorySigner.generate();
  const entry = { name: ORDERS, id: history.id, min: history.point };
  const claims = { app: APP, charter: [0, 1], member: entry, iat: NOW, exp: NOW + 3600 } as const;
  const { bytes: membership } = await signMembership(claims, [owner]);
  const admit = (bytes: Uint8Array): Promise<unknown> =>
    place.identity.update(async (current) => ({ ...current, service: { name: ORDERS, app: APP, membership: bytes } }));
  await admit(membership);
  assert.deepEqual((await place.identity.read())?.service?.membership, membership);
  const { bytes: other } = await signMembership({ ...claims, app: history.id }, [owner]);
  await admit(other);
  await assert.rejects(place.identity.read(), { code: 'THEMIS_FILE_MALFORMED' });
});

test('a rotation changes keys and history together, and keeps the ID', async (t) => {
  const place = placeIn(await scratchFolder(t), PASSPHRASE);
  const { history } = await createOrders(place);
  const before = await place.recovery.committed(history);
  const rotated = await rotateOnce(place);
  assert.equal(rotated.history.id, history.id);
  assert.equal(rotated.history.seq, 1);
  const read = await place.identity.read();
  assert.ok(read !== undefined && keysFit(read));
  assert.deepEqual(read.service, { name: ORDERS, app: APP });
  const after = await place.recovery.committed(rotated.history);
  assert.notEqual(after[0]?.keys[0]?.thumbprint, before[0]?.keys[0]?.thumbprint);
  await assert.rejects(place.recovery.committed(history), { code: 'THEMIS_RECOVERY_MISSING' }, 'used keys are destroyed');
});

test('rotations at once follow each other', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createOrders(place);
  await Promise.all([rotateOnce(place), rotateOnce(place), rotateOnce(place)]);
  const read = await place.identity.read();
  assert.ok(read !== undefined && keysFit(read));
  assert.equal(read.history.seq, 3);
});

test('a history that is full, or retired, rotates no more and says what to do', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createOrders(place);
  for (let seq = 1; seq < 16; seq += 1) await rotateOnce(place);
  await assert.rejects(rotateOnce(place), { code: 'THEMIS_HISTORY_FULL', remedy: /new identity/ });
  assert.equal((await place.identity.read())?.history.seq, 15);
});

test('a retired identity keeps no keys', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createOrders(place);
  await retireStored(place, NOW + 60);
  const read = await place.identity.read();
  assert.ok(read?.history.retired);
  assert.deepEqual(read.signers, []);
  await assert.rejects(rotateOnce(place), { code: 'THEMIS_IDENTITY_KEYS' });
  assert.doesNotMatch(await readFile(place.recovery.path, 'utf8'), /"keys"/);
});

test('recovery keys of several identities share a file, and lie apart where their owner wishes', async (t) => {
  const [first, second] = [placeIn(await scratchFolder(t)), placeIn(await scratchFolder(t))];
  const places = [first, { ...second, recovery: first.recovery }];
  for (const place of places) await createOrders(place);
  for (const place of places) await rotateOnce(place);
  for (const place of places) assert.equal((await place.identity.read())?.history.seq, 1);
  await rename(first.recovery.path, join(dirname(first.recovery.path), 'elsewhere.json'));
  await assert.rejects(rotateOnce(first), { code: 'THEMIS_RECOVERY_MISSING', remedy: /--recovery/ });
});

test('keys beside a history that is not theirs are refused, when written and when read', async (t) => {
  const place = placeIn(await scratchFolder(t));
  const created = await createOrders(place);
  const foreign = [MemorySigner.generate()];
  for (const signers of [foreign, []]) {
    await assert.rejects(
      place.identity.update(async (current) => ({ ...current, signers })),
      { code: 'THEMIS_IDENTITY_KEYS' },
    );
  }
  const other = await createOrders(placeIn(await scratchFolder(t)));
  await forge(place.identity.path, { keys: await keysOf(other.signers, t) });
  await assert.rejects(place.identity.read(), { code: 'THEMIS_IDENTITY_KEYS' });
  assert.equal((await place.identity.readPublic())?.history.id, created.history.id);
});

test('an identity of several owners keeps the keys of one of them here', async (t) => {
  const path = join(await scratchFolder(t), 'identity.json');
  const [mine, other, recovery] = [MemorySigner.generate(), MemorySigner.generate(), MemorySigner.generate()];
  const operational = { signers: [mine, other], threshold: 2 };
  const plan = { operational, recovery: { signers: [recovery], threshold: 1 }, now: NOW };
  const file = new IdentityFile(path, { cost: CHEAP });
  await file.create({ history: await incept(plan), signers: [mine] });
  assert.equal((await file.read())?.signers[0]?.keys[0]?.thumbprint, mine.keys[0]?.thumbprint);
  const place = { ...placeIn(dirname(path)), identity: file };
  await assert.rejects(rotateStored(place, { grace: 0, now: NOW }), { code: 'THEMIS_IDENTITY_KEYS', message: /1 of 2 signers/ });
});

test('a sealed identity needs its passphrase', async (t) => {
  const folder = await scratchFolder(t);
  await createOrders(placeIn(folder, PASSPHRASE));
  await assert.rejects(placeIn(folder).identity.read(), { code: 'THEMIS_PASSPHRASE_MISSING' });
  const wrong = placeIn(folder, Buffer.from('wrong passphrase'));
  await assert.rejects(wrong.identity.read(), { code: 'THEMIS_PASSPHRASE_WRONG' });
  await assert.rejects(rotateOnce(wrong), { code: 'THEMIS_PASSPHRASE_WRONG' });
  assert.ok((await placeIn(folder).identity.readPublic())?.sealed);
});

test('an identity that others could have read is refused', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createOrders(place);
  await chmod(place.identity.path, 0o640);
  await assert.rejects(place.identity.read(), { code: 'THEMIS_KEY_FILE_READABLE' });
  await assert.rejects(place.identity.readPublic(), { code: 'THEMIS_KEY_FILE_READABLE' });
  await chmod(place.identity.path, 0o600);
  await chmod(place.recovery.path, 0o604);
  await assert.rejects(rotateOnce(place), { code: 'THEMIS_KEY_FILE_READABLE' });
});

test('a file that is no identity is refused, whatever it holds', async (t) => {
  const place = placeIn(await scratchFolder(t));
  await createOrders(place);
  const changes: readonly Record<string, Json>[] = [
    { v: 2 },
    { name: 'Orders' },
    { name: '../orders' },
    { app: 'x' },
    { history: [] },
    { history: [{}] },
    { history: [null] },
    { history: Array.from({ length: 17 }, () => 1) },
    { keys: {} },
    { keys: { v: 1, seal: 'none', signers: [] } },
    { membership: {} },
    { extra: 1 },
  ];
  const original = await readFile(place.identity.path);
  for (const change of changes) {
    await forge(place.identity.path, change);
    const code = /^THEMIS_(FILE_MALFORMED|IDENTITY_KEYS)$/;
    await assert.rejects(place.identity.read(), { code }, JSON.stringify(change).slice(0, 80));
    await writeAtomically(place.identity.path, original);
  }
  const text = original.toString();
  for (const bytes of ['', 'null', '[]', '{}', '{"digest":1}', '\ufeff{}', `${text}\n`, ` ${text}`]) {
    await writeFile(place.identity.path, bytes);
    await assert.rejects(place.identity.read(), { code: 'THEMIS_FILE_MALFORMED' }, JSON.stringify(bytes.slice(0, 20)));
  }
  await writeAtomically(place.identity.path, Buffer.alloc(3_000_000, 32));
  await assert.rejects(place.identity.read(), { code: 'THEMIS_FILE_TOO_LARGE' });
});

/** Changes fields of a file of state, and makes its digest right again: what somebody does who means it. */
async function forge(path: string, change: Record<string, Json>): Promise<void> {
  const json = parseCanonicalJson(await readFile(path)) as Record<string, Json>;
  const { digest: _, ...body } = { ...json, ...change };
  await writeAtomically(path, Buffer.from(canonicalJson({ ...body, digest: digestOf(canonicalJson(body)) })));
}

async function keysOf(signers: readonly MemorySigner[], t: Parameters<typeof scratchFolder>[0]): Promise<Json> {
  const path = join(await scratchFolder(t), 'identity.json');
  const [operational] = signers;
  assert.ok(operational !== undefined);
  const set = { signers: [operational], threshold: 1 };
  const history = await incept({ operational: set, recovery: { signers: [MemorySigner.generate()], threshold: 1 }, now: NOW });
  await new IdentityFile(path).create({ history, signers });
  return (parseCanonicalJson(await readFile(path)) as Record<string, Json>)['keys'] ?? null;
}
