import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { within } from '@themis-mesh/testkit';
import { Process } from './process.ts';
import { freePort } from './free-port.ts';
import { THEMIS, User } from './themis.ts';

const GUIDE = fileURLToPath(new URL('../../../docs/guides/two-machines.md', import.meta.url));

test('the guide to two machines does what it says', { skip: process.platform === 'win32' }, async (t) => {
  const guide = await readFile(GUIDE, 'utf8');
  const script = [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code).join('\n');
  const user = await User.make(t);
  for (const folder of ['first', 'second', 'bin']) await mkdir(join(user.folder, folder));
  const themis = `#!/bin/sh\nexec ${THEMIS.map((word) => `'${word}'`).join(' ')} "$@"\n`;
  await writeFile(join(user.folder, 'bin/themis'), themis, { mode: 0o755 });
  const path = [join(user.folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  const here = script.replaceAll(':7117', `:${await freePort()}`);
  const run = new Process(t, user, ['env', '-u', 'THEMIS_HOME', `PATH=${path}`, 'sh', '-ec', here]);
  assert.equal(await within(run.exited, 'the guide to end', 90_000), 0, run.stderr);
  assert.match(run.stdout, /admitted orders/);
  assert.match(run.stdout, /joined as orders/);
  assert.match(run.stdout, /web +member +elsewhere/);
});
