import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BIN = fileURLToPath(new URL('../bin/themis.js', import.meta.url));

test('the executable runs from source in any working directory', async () => {
  const { stdout } = await run(process.execPath, [BIN, '--version'], { cwd: tmpdir() });
  assert.match(stdout, /^\d+\.\d+\.\d+/);
});

test('the executable runs through a link, as npm makes one in node_modules/.bin', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-bin-'));
  const link = join(folder.path, 'themis');
  await symlink(BIN, link);
  const { stdout } = await run(process.execPath, [link, '--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+/);
});

test('a release of Node.js below the floor gets a sentence and exit code 1', async () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "22.20.0" })';
  await assert.rejects(run(process.execPath, ['--import', pretend, BIN]), {
    code: 1,
    stderr: /themis needs Node\.js 24\.11 or newer/,
  });
});

test('the executable asks for the release that the package asks for', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const [, major, minor] = /"node": ">=(\d+)\.(\d+)"/.exec(manifest) ?? [];
  assert.ok((await readFile(BIN, 'utf8')).includes(`FLOOR = [${String(major)}, ${String(minor)}]`));
});
