import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { within } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('the guide to programs in the mesh does what it says', async (t) => {
  const guide = await readFile(join(ROOT, 'docs/guides/in-process.md'), 'utf8');
  const program = [...guide.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code).join('\n');
  const wanted = [...program.matchAll(/^.*console\.log\(.*\/\/ (.*)$/gm)].map(([, said]) => said);
  assert.ok(wanted.length >= 12);

  await using home = await TestHome.create('web', 'payments', 'db');
  const folder = await mkdtemp(join(tmpdir(), 'themis-guide-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'guide.mjs'), program);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const child = spawn(process.execPath, ['-C', 'themis-source', join(folder, 'guide.mjs')], {
    env: { ...process.env, THEMIS_HOME: home.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await within(once(child, 'close'), 'the program to end', 30_000)) as [number];
  assert.equal(code, 0);
  // An object may be printed on several lines.
  assert.equal(said.replace(/\s+/g, ' ').trim(), wanted.join(' '));
});
