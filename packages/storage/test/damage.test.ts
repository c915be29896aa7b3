import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS, ThemisError } from '@themis-mesh/core';
import { Home, StoredHistories } from '@themis-mesh/storage';
import { APP, createOrders, ORDERS, PASSPHRASE, placeIn, rotateOnce } from './identities.ts';
import { scratchFolder } from './scratch.ts';

/**
 * Damages a file in every sampled way, and asks each time what is read: a coded error, or what was there before.
 *
 * @param read what the file says, as text; undefined where it says nothing
 */
async function damage(path: string, read: () => Promise<string | undefined>): Promise<void> {
  const whole = await readFile(path);
  const before = await read();
  assert.ok(before !== undefined);
  const step = Math.max(1, Math.floor(whole.length / 60));
  for (let length = 0; length < whole.length; length += step) await expectSame(whole.subarray(0, length), `${length} bytes`);
  for (let bit = 0; bit < whole.length * 8; bit += 7 * step) await expectSame(flipped(whole, bit), `bit ${bit}`);
  for (let at = 0; at < whole.length; at += 5 * step) await expectSame(zeroedFrom(whole, at), `zeroes from ${at}`);
  await expectSame(Buffer.concat([whole, whole]), 'twice');
  await expectSame(Buffer.concat([whole, Buffer.alloc(4096)]), 'with zeroes behind it');
  await writeFile(path, whole);
  assert.equal(await read(), before);

  async function expectSame(bytes: Uint8Array, how: string): Promise<void> {
    await writeFile(path, bytes);
    try {
      assert.equal(await read(), before, how);
    } catch (error) {
      if (!ThemisError.is(error)) throw error;
      assert.ok(Object.hasOwn(ERRORS, error.code), how);
    }
  }
}

for (const passphrase of [undefined, PASSPHRASE]) {
  const how = passphrase === undefined ? 'plain' : 'sealed';

  test(`a damaged identity file is an error, never another identity (${how})`, async (t) => {
    const place = placeIn(await scratchFolder(t), passphrase);
    await createOrders(place);
    await rotateOnce(place);
    await damage(place.identity.path, async () => {
      const identity = await place.identity.read();
      const thumbprints = identity?.signers.map(({ keys }) => keys[0]?.thumbprint);
      return identity && JSON.stringify([identity.history.last.digest, identity.service, thumbprints]);
    });
  });

  test(`damaged recovery keys are an error, never other keys (${how})`, async (t) => {
    const place = placeIn(await scratchFolder(t), passphrase);
    const { history } = await createOrders(place);
    await damage(place.recovery.path, async () => (await place.recovery.committed(history))[0]?.keys[0]?.thumbprint);
  });
}

test('a damaged app file is an error, never another app', async (t) => {
  const root = join(await scratchFolder(t), 'home');
  const home = await Home.create(root, { name: ORDERS, anchor: { app: APP } });
  await damage(home.appFile, async () => JSON.stringify(await (await Home.open(root)).app()));
});

test('a damaged memory is an error, never a forgotten or another history', async (t) => {
  const folder = await scratchFolder(t);
  const { history } = await createOrders(placeIn(join(folder, 'svc')));
  const open = (): Promise<StoredHistories> => StoredHistories.open(join(folder, 'seen'), { alarms: join(folder, 'alarms') });
  await (await open()).keep(history);
  const path = join(folder, 'seen', `${history.id}.json`);
  await damage(path, async () => (await open()).get(history.id)?.last.digest ?? 'forgotten');
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** What some file systems leave of a file that was not synced before a power loss. */
function zeroedFrom(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from(bytes).fill(0, at);
}
