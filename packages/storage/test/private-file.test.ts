import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, link, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensurePrivateFolder, readPassphrase, readPrivate, requirePrivateFolder, writeAtomically } from '@themis-mesh/storage';
import { scratchFolder } from './scratch.ts';

const SECRET = Buffer.from('correct horse battery');
const isRoot = process.getuid?.() === 0;

test('a file that others may read or write is refused', async (t) => {
  const path = join(await scratchFolder(t), 'key');
  await writeFile(path, SECRET);
  for (const mode of [0o644, 0o640, 0o660, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777, 0o4640]) {
    await chmod(path, mode);
    await assert.rejects(readPrivate(path, 100), { code: 'THEMIS_KEY_FILE_READABLE' }, mode.toString(8));
  }
  for (const mode of [0o600, 0o400, 0o700]) {
    await chmod(path, mode);
    assert.deepEqual(await readPrivate(path, 100), SECRET, mode.toString(8));
  }
});

test('a file under umask 000 is refused where it was made carelessly, and read where it was made by us', async (t) => {
  const folder = await scratchFolder(t);
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await writeFile(join(folder, 'careless'), SECRET);
  await writeAtomically(join(folder, 'ours'), SECRET);
  await assert.rejects(readPrivate(join(folder, 'careless'), 100), { code: 'THEMIS_KEY_FILE_READABLE', message: /mode 0666$/ });
  assert.deepEqual(await readPrivate(join(folder, 'ours'), 100), SECRET);
});

test('a symbolic link, a second name, and what is no plain file are refused', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'key');
  await writeAtomically(path, SECRET);
  await symlink('key', join(folder, 'symlink'));
  await symlink('nowhere', join(folder, 'dangling'));
  await assert.rejects(readPrivate(join(folder, 'symlink'), 100), { code: 'THEMIS_KEY_FILE_SYMLINK' });
  await assert.rejects(readPrivate(join(folder, 'dangling'), 100), { code: 'THEMIS_KEY_FILE_SYMLINK' });
  await assert.rejects(readPrivate(folder, 100), { code: 'THEMIS_FILE_NOT_REGULAR' });
  execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
  await assert.rejects(readPrivate(join(folder, 'pipe'), 100), { code: 'THEMIS_FILE_NOT_REGULAR' });
  const server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
  await assert.rejects(readPrivate(join(folder, 'socket'), 100), { code: 'THEMIS_FILE_NOT_REGULAR' });
  server.close();
  await link(path, join(folder, 'second'));
  await assert.rejects(readPrivate(path, 100), { code: 'THEMIS_KEY_FILE_LINKED', message: /2 names$/ });
});

test('a file of another user is refused', { skip: !isRoot }, async (t) => {
  const path = join(await scratchFolder(t), 'key');
  await writeAtomically(path, SECRET);
  await chown(path, 65_534, 65_534);
  await assert.rejects(readPrivate(path, 100), { code: 'THEMIS_KEY_FILE_OWNER', message: /belongs to user 65534/ });
});

test('a file is read up to its size and no further', async (t) => {
  const path = join(await scratchFolder(t), 'key');
  await writeAtomically(path, Buffer.alloc(200_000, 7));
  assert.equal((await readPrivate(path, 200_000))?.length, 200_000);
  await assert.rejects(readPrivate(path, 199_999), { code: 'THEMIS_FILE_TOO_LARGE' });
  await assert.rejects(readPrivate(path, 0), { code: 'THEMIS_FILE_TOO_LARGE' });
  assert.equal(await readPrivate(`${path}x`, 100), undefined);
});

test('a folder of secrets is made for its user alone, and refused where others may enter', async (t) => {
  const folder = await scratchFolder(t);
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const path = join(folder, 'a', 'b');
  await ensurePrivateFolder(path);
  assert.equal((await stat(join(folder, 'a'))).mode & 0o777, 0o700);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await ensurePrivateFolder(path);
  for (const mode of [0o755, 0o750, 0o701, 0o720]) {
    await chmod(path, mode);
    await assert.rejects(requirePrivateFolder(path), { code: 'THEMIS_KEY_FOLDER_OPEN' }, mode.toString(8));
  }
});

test('a folder that is something else, or of somebody else, is refused', async (t) => {
  const folder = await scratchFolder(t);
  await mkdir(join(folder, 'real'), { mode: 0o700 });
  await symlink('real', join(folder, 'link'));
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(requirePrivateFolder(join(folder, 'link')), { code: 'THEMIS_KEY_FOLDER_KIND' });
  await assert.rejects(ensurePrivateFolder(join(folder, 'file')), { code: 'THEMIS_KEY_FOLDER_KIND' });
  await assert.rejects(requirePrivateFolder(join(folder, 'none')), { code: 'THEMIS_FILE_MISSING' });
  if (!isRoot) return;
  await chown(join(folder, 'real'), 65_534, 65_534);
  await assert.rejects(requirePrivateFolder(join(folder, 'real')), { code: 'THEMIS_KEY_FOLDER_OWNER' });
});

test('a passphrase is the one line of a private file', async (t) => {
  const path = join(await scratchFolder(t), 'passphrase');
  for (const text of ['correct horse', 'correct horse\n', 'correct horse\r\n']) {
    await writeAtomically(path, Buffer.from(text));
    assert.equal(Buffer.from(await readPassphrase(path)).toString(), 'correct horse');
  }
  for (const text of ['', '\n', 'short\n', 'two lines\nof it\n', 'with \0 in it', 'x'.repeat(1025), 'correct horse\n\n']) {
    await writeAtomically(path, Buffer.from(text));
    await assert.rejects(readPassphrase(path), { code: 'THEMIS_PASSPHRASE_INVALID' }, JSON.stringify(text.slice(0, 20)));
  }
  await writeAtomically(path, Buffer.alloc(5000, 65));
  await assert.rejects(readPassphrase(path), { code: 'THEMIS_FILE_TOO_LARGE' });
  await writeAtomically(path, SECRET, { mode: 0o644 });
  await assert.rejects(readPassphrase(path), { code: 'THEMIS_KEY_FILE_READABLE' });
  await assert.rejects(readPassphrase(`${path}x`), { code: 'THEMIS_FILE_MISSING' });
});
