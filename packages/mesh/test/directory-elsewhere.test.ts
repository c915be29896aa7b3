import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryDirectory, type DirectoryAddress } from '@themis-mesh/directory';
import { join } from '@themis-mesh/mesh';
import { moveDirectory } from '@themis-mesh/storage';
import { TestHome } from './test-home.ts';

const ADDRESS = 'nats://127.0.0.1:4222?prefix=elsewhere';

test('a home whose directory is at an address needs somebody who opens it, and it is closed with the mesh', async () => {
  await using home = await TestHome.create('web');
  await moveDirectory(home.home.appFile, ADDRESS);
  assert.equal(await home.home.directoryFolder(), ADDRESS);
  const wanted = { service: 'web', home: home.home.root };
  await assert.rejects(join(wanted), { code: 'THEMIS_DIRECTORY_ELSEWHERE' });
  const asked: DirectoryAddress[] = [];
  const opened = openMemoryDirectory();
  const mesh = await join({
    ...wanted,
    openDirectory: async (address) => {
      asked.push(address);
      return opened;
    },
  });
  assert.deepEqual(
    asked.map(({ address, app, alarms }) => ({ address, app, alarms })),
    [{ address: ADDRESS, app: home.app, alarms: home.home.alarms }],
  );
  await mesh.close();
  await assert.rejects(opened.find({ kind: 'charter', id: home.app }), { code: 'THEMIS_CLOSED' });
});
