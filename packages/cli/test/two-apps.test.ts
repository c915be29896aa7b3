import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { within } from '@themis-mesh/testkit';
import { runService } from './running.ts';
import { THEMIS, User } from './themis.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Two users of one machine, each with an app, whose homes share a directory; each has the anchor of the other as a file. */
async function twoUsers(t: TestContext): Promise<{ readonly shop: User; readonly billing: User }> {
  const [shop, billing] = [await User.make(t), await User.make(t)];
  const directory = join(shop.folder, 'directory');
  for (const [user, name] of [
    [shop, 'shop'],
    [billing, 'billing'],
  ] as const) {
    await user.must('init', '--name', name, '--directory', directory);
    await user.must('anchor', '--out', join(shop.folder, `${name}.anchor.json`));
  }
  return { shop, billing };
}

test('the guide to two apps does what it says', async (t) => {
  const guide = await readFile(join(ROOT, 'docs/guides/two-apps.md'), 'utf8');
  const script = [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code).join('\n');
  const user = await User.make(t);
  const [bin, work] = [join(user.folder, 'bin'), join(user.folder, 'work')];
  await mkdir(bin);
  await cp(join(ROOT, 'examples/two-apps'), work, { recursive: true });
  await writeFile(join(bin, 'themis'), `#!/bin/sh\nexec ${THEMIS.map((word) => `'${word}'`).join(' ')} "$@"\n`, { mode: 0o755 });
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { THEMIS_HOME: _, ...environment } = user.environment();
  const child = spawn('sh', ['-c', script], {
    cwd: work,
    env: { ...environment, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  t.after(() => {
    // What it left running, where it did not come to its end, is of its group.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  });
  const [out, err] = await within(Promise.all([text(child.stdout), text(child.stderr)]), 'the guide to end', 90_000);
  assert.equal(out.split('\n').filter((line) => line === 'web.shop owes 12.50').length, 2, out + err);
  assert.match(out, /IMPORT +CHARTER/);
  const reasons = [...err.matchAll(/THEMIS_REFUSED_BY_PEER[^]*?: ([a-z-]+) \(said by ([a-z.]+)\)/g)].map(
    ([, why, who]) => `${why ?? ''} ${who ?? ''}`,
  );
  assert.deepEqual(reasons, [
    'policy-not-listed invoices.billing',
    'policy-not-a-member ledger.billing',
    'policy-not-listed invoices.billing',
  ]);
});

test('an app is imported, called, looked at and removed by commands', async (t) => {
  const { shop, billing } = await twoUsers(t);
  await shop.must('add', 'web');
  await billing.must('add', 'invoices');
  assert.match(await shop.must('import', 'billing', join(shop.folder, 'billing.anchor.json')), /imported.* billing/);
  await billing.must('import', 'shop', await shop.must('anchor'));
  assert.match(await billing.must('policy', 'set', 'invoices', '--allow', 'web.shop'), /web\.shop/);
  await runService(t, billing, 'invoices', (request, response) => response.end(`for ${String(request.peer.name)}`));
  assert.equal(await shop.must('call', 'invoices.billing', '/'), 'for web.shop');
  assert.match(await shop.must('find', 'invoices.billing'), /127\.0\.0\.1/);
  assert.match(await shop.must('cert', 'invoices.billing'), /trusted.* as .*invoices\.billing/);
  assert.match(await shop.must('status'), /billing +0\.\d+ +.*invoices\.billing/);
  assert.match(await shop.must('doctor'), /ok +imports/);

  assert.match(await billing.must('import', '--remove', 'shop'), /removed.* shop/);
  assert.match((await shop.run(['call', 'invoices.billing', '/'])).stderr, /THEMIS_REFUSED_BY_PEER/);
  await shop.must('import', '--remove', 'billing');
  assert.match((await shop.run(['find', 'invoices.billing'])).stderr, /THEMIS_NAME_UNKNOWN/);
  assert.match((await shop.run(['import', '--remove', 'billing'])).stderr, /THEMIS_IMPORT_UNKNOWN/);
});

test('what cannot be imported is refused, and nothing is signed for it', async (t) => {
  const { shop, billing } = await twoUsers(t);
  await shop.must('add', 'web');
  const [own, other] = [await shop.must('anchor'), await billing.must('anchor')];
  const { app } = JSON.parse(other) as { readonly app: string };
  await shop.must('import', 'billing', other);
  const before = await shop.must('anchor');
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['import', 'self', own], 'THEMIS_IMPORT_OWN'],
    [['import', 'bills', other], 'THEMIS_IMPORT_TWICE'],
    [['import', 'web', other], 'THEMIS_NAME_TAKEN'],
    [['import', app, other], 'THEMIS_NAME_INVALID'],
    [['import', 'stranger', 'a'.repeat(52)], 'THEMIS_APP_UNSEEN'],
    [['import', 'mail', '{"app":1}'], 'THEMIS_ANCHOR_INVALID'],
    [['import', 'mail', join(shop.folder, 'none.json')], 'THEMIS_FILE_MISSING'],
    [['import', 'mail'], 'THEMIS_USAGE'],
    [['add', 'billing'], 'THEMIS_NAME_TAKEN'],
    [['policy', 'set', 'web', '--allow', 'a.mail'], 'THEMIS_NAME_UNKNOWN'],
    [['find', 'a.mail'], 'THEMIS_NAME_UNKNOWN'],
  ];
  for (const [words, code] of cases) {
    const { stderr, code: status } = await shop.run(words);
    assert.ok(status !== 0 && stderr.includes(code), `${words.join(' ')}: ${stderr}`);
  }
  assert.equal(await shop.must('anchor'), before);
});

test('a home moves to a shared directory, and is found there', async (t) => {
  const [shop, billing] = [await User.make(t), await User.make(t)];
  await shop.must('init');
  await billing.must('init');
  await billing.must('add', 'invoices');
  const anchor = await billing.must('anchor');
  await shop.must('import', 'billing', anchor);
  assert.match((await shop.run(['doctor'])).stdout, /import-unseen/);
  assert.match((await shop.run(['find', 'invoices.billing'])).stderr, /THEMIS_APP_UNSEEN/);
  const shared = join(shop.folder, 'shared');
  await shop.must('directory', shared);
  assert.equal((await billing.must('directory', shared)).trim(), shared);
  assert.match(await shop.must('find', 'invoices.billing'), /No instance/);
  assert.match(await shop.must('doctor'), /ok +imports/);
});
