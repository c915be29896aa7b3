import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashDrill } from './crash-drill.ts';
import { scratchFolder } from './scratch.ts';

// The full drill kills 200 times; here the number is short, for every run of the tests.
const KILLS = Number(process.env['THEMIS_TEST_KILLS'] ?? 20);

test('a kill at any moment leaves the old state or the new, and keys that fit their history', async (t) => {
  const [plainFolder, sealedFolder] = [await scratchFolder(t), await scratchFolder(t)];
  const plain = await crashDrill({ folder: plainFolder, kills: Math.ceil(KILLS / 2) });
  const sealed = await crashDrill({ folder: sealedFolder, kills: Math.floor(KILLS / 2), passphrase: 'correct horse battery' });
  assert.ok(plain + sealed > KILLS);
  t.diagnostic(`${KILLS} kills, ${plain + sealed} writes`);
});
