import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { within } from '@themis-mesh/testkit';
import { GrpcBed } from './grpc-bed.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('the guide to HTTP/2 and gRPC does what it says', async (t) => {
  const guide = await readFile(join(ROOT, 'docs/guides/http2-and-grpc.md'), 'utf8');
  const program = [...guide.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code).join('\n');
  await using bed = await GrpcBed.open('web', 'payments');
  const folder = await mkdtemp(join(tmpdir(), 'themis-guide-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'guide.mjs'), program);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const child = spawn(process.execPath, ['-C', 'themis-source', join(folder, 'guide.mjs')], {
    env: { ...process.env, THEMIS_HOME: bed.home.root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await within(once(child, 'close'), 'the program to end', 30_000)) as [number];
  assert.equal(said, 'web pays 5\n');
  assert.equal(code, 0);
});
