import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAtomically, isTemporary, ownMark, showMark, writeAtomically } from '@themis-mesh/storage';
import { scratchFolder } from './scratch.ts';

const OLD = Buffer.from('old');
const NEW = Buffer.from('new');

test('a file has the mode asked for, whatever the umask is', async (t) => {
  const folder = await scratchFolder(t);
  const before = process.umask();
  t.after(() => process.umask(before));
  for (const umask of [0o000, 0o022, 0o077, 0o777]) {
    process.umask(umask);
    await writeAtomically(join(folder, 'secret'), NEW);
    await writeAtomically(join(folder, 'public'), NEW, { mode: 0o644 });
    assert.equal((await stat(join(folder, 'secret'))).mode & 0o777, 0o600, `umask ${umask.toString(8)}`);
    assert.equal((await stat(join(folder, 'public'))).mode & 0o777, 0o644, `umask ${umask.toString(8)}`);
  }
});

test('a write replaces what is there and leaves nothing beside it', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'state');
  await writeAtomically(path, OLD);
  await writeAtomically(path, NEW);
  assert.deepEqual(await readFile(path), NEW);
  assert.deepEqual(await readdir(folder), ['state']);
});

test('a symbolic link is replaced, and what it leads to is not touched', async (t) => {
  const folder = await scratchFolder(t);
  await writeFile(join(folder, 'target'), OLD);
  await symlink('target', join(folder, 'state'));
  await writeAtomically(join(folder, 'state'), NEW);
  assert.deepEqual(await readFile(join(folder, 'target')), OLD);
  assert.ok((await lstat(join(folder, 'state'))).isFile());
});

test('a write that fails leaves the old file and nothing beside it', async (t) => {
  const folder = await scratchFolder(t);
  await assert.rejects(writeAtomically(join(folder, 'none', 'state'), NEW), { code: 'THEMIS_FILE_MISSING' });
  await mkdir(join(folder, 'taken', 'full'), { recursive: true });
  await assert.rejects(writeAtomically(join(folder, 'taken'), NEW), { name: 'ThemisError' });
  assert.deepEqual(await readdir(folder), ['taken']);
});

test('a full disk is an error that says so, and the old file stays', async (t) => {
  const folder = await scratchFolder(t);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'themis', folder]);
  if (mounted.status !== 0) {
    t.skip('needs the right to mount a small file system');
    return;
  }
  try {
    const path = join(folder, 'state');
    await writeAtomically(path, OLD);
    await assert.rejects(writeAtomically(path, Buffer.alloc(1_000_000)), { code: 'THEMIS_DISK_FULL', retryable: true });
    assert.deepEqual(await readFile(path), OLD);
    assert.deepEqual(await readdir(folder), ['state']);
  } finally {
    spawnSync('umount', [folder]);
  }
});

test('of many who create the same file one wins, and the others change nothing', async (t) => {
  const path = join(await scratchFolder(t), 'state');
  const created = await Promise.all(Array.from({ length: 20 }, (_, index) => createAtomically(path, Buffer.from(`${index}`))));
  assert.deepEqual(created, [true, ...Array.from({ length: 19 }, () => false)]);
  assert.equal(await readFile(path, 'utf8'), '0');
  assert.equal((await stat(path)).nlink, 1);
});

test('a name that is taken by anything, a dangling link too, is not created', async (t) => {
  const folder = await scratchFolder(t);
  await symlink('nowhere', join(folder, 'link'));
  await mkdir(join(folder, 'folder'));
  assert.equal(await createAtomically(join(folder, 'link'), NEW), false);
  assert.equal(await createAtomically(join(folder, 'folder'), NEW), false);
});

test('what a dead process left is swept by the first write of another; what a live one writes is not', async (t) => {
  const folder = await scratchFolder(t);
  const { pid, start, space } = ownMark();
  const temporary = (mark: string): string => `.themis-${mark}-0123456789abcdef.tmp`;
  const dead = temporary(showMark({ pid, start: start + 1, space }));
  const alive = temporary(showMark({ pid, start, space }));
  const foreign = temporary(showMark({ pid, start, space: '0'.repeat(16) }));
  const foreignOld = temporary(showMark({ pid: pid + 1, start, space: '0'.repeat(16) }));
  for (const name of [dead, alive, foreign, foreignOld, 'mine.tmp']) await writeFile(join(folder, name), OLD);
  await utimes(join(folder, foreignOld), 0, 0);
  await writeAtomically(join(folder, 'state'), NEW);
  assert.deepEqual(await readdir(folder), [alive, foreign, 'mine.tmp', 'state'].sort());
  assert.ok(isTemporary(alive) && !isTemporary('mine.tmp'));
});

test('a folder that may not be written is an error that says so', { skip: process.getuid?.() !== 0 }, async (t) => {
  const folder = await scratchFolder(t);
  await chmod(folder, 0o755);
  const script = `
    import { writeAtomically } from '@themis-mesh/storage';
    await writeAtomically(process.argv[1], Buffer.from('x')).catch((error) => console.log(error.code));`;
  const child = spawnSync(process.execPath, ['-C', 'themis-source', '--input-type=module', '-e', script, join(folder, 'state')], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
    uid: 65_534,
    gid: 65_534,
  });
  assert.equal(child.stdout.trim(), 'THEMIS_FILE_DENIED', child.stderr);
});
