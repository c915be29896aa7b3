import { test } from 'node:test';
import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { Signers, storeAll, testDirectory } from '@themis-mesh/testkit';

testDirectory('memory', async () => {
  let directory: Directory | undefined;
  return async (options) => (directory ??= openMemoryDirectory(options));
});

test('a directory of no app in particular takes the records of any', async () => {
  const signers = await Signers.create();
  const stranger = await Signers.create(signers.clock);
  await using directory = openMemoryDirectory({ now: () => signers.now });
  await storeAll(directory, signers.charter(), stranger.charter(), stranger.history(), await stranger.instance(1));
});
