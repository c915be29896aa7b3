import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { EVERY_COMMAND, type CliCommand } from '../src/index.ts';
import { checkFields } from './json-fields.ts';
import { runService } from './running.ts';
import { User, type RunOptions } from './themis.ts';

/** The paths that were seen of each command, by its words. */
const seen = new Map<string, Set<string>>();

test('every JSON that is printed is as documented', async (t) => {
  const owner = await User.make(t);
  await check(owner, 'init', '--name', 'shop');
  await check(owner, 'add', 'orders', '--labels', 'team=shop,tier=1');
  await check(owner, 'add', 'payments');
  await check(owner, 'remove', 'payments');
  await check(owner, 'add', 'payments', 'old');
  await check(owner, 'remove', 'old');
  await check(owner, 'policy set', 'payments', '--allow', 'orders');
  const file = join(owner.folder, 'policy.json');
  await writeFile(file, JSON.stringify(POLICY));
  await check(owner, 'policy check', file);
  await check(owner, 'policy set', 'payments', '--file', file);
  await check(owner, 'policy show');
  const asked = ['--from', 'orders', '--to', 'payments'];
  await check(owner, 'policy explain', ...asked, 'GET', '/a//b');
  await check(owner, 'policy explain', ...asked, 'GET', '/a', '--header', 'x-role=admin', '--port', '80');
  const audit = join(owner.folder, 'audit.json');
  await writeFile(audit, JSON.stringify({ mode: 'audit' }));
  await check(owner, 'policy set', 'payments', '--allow', 'orders');
  await check(owner, 'policy explain', ...asked, 'GET', '/a', '--file', audit);
  const log = join(owner.folder, 'access.log');
  const request = { direction: 'inbound', caller: 'orders', service: 'payments', method: 'GET', path: '/a' };
  await writeFile(log, `${JSON.stringify(request)}\n`);
  await check(owner, 'policy replay', log, '--policy', audit);
  await check(owner, 'policy set', 'orders', '--none');
  await check(owner, 'node allow', 'payments', '--count', '2');
  await check(owner, 'renew');
  const anchor = join(owner.folder, 'shop.anchor.json');
  await owner.must('anchor', '--out', anchor);
  checkPrinted('anchor', JSON.parse(await owner.must('anchor')));
  await check(owner, 'directory');
  const other = await User.make(t);
  await other.must('init', '--directory', join(owner.home, 'directory'));
  await other.must('add', 'mail');
  await check(owner, 'import', 'post', await other.must('anchor'));

  const machine = await User.make(t);
  await check(machine, 'join', 'stock', '--app', anchor);
  await check(owner, 'admit', join(machine.folder, 'stock.join.json'), '--labels', 'zone=b');
  await check(machine, 'join', '--accept', join(owner.folder, 'stock.admission.json'));

  await check(owner, 'invite', '--at', '127.0.0.1:1');
  await check(owner, 'invite', 'ship', '--at', '127.0.0.1:1', '--token');

  const { mesh, port } = await runService(t, owner, 'payments', (_, response) => response.end());
  await check(owner, 'find', 'payments');
  await check(owner, 'find', 'orders');
  await check(owner, 'status');
  await check(machine, 'status');
  await check(owner, 'cert', 'payments');
  await check(owner, 'cert', `127.0.0.1:${port}`);
  await check(owner, 'doctor');
  await check(owner, 'version');

  await rm(join(owner.folder, 'home'), { recursive: true });
  const refused = await User.withServices(t, 'orders');
  await check(refused, 'cert', `127.0.0.1:${port}`);
  assert.ok(mesh.name);
});

test('every field that is documented was seen', () => {
  for (const [words, { fields }] of commands()) {
    const paths = (fields ?? []).map(({ path }) => path);
    const isDue = (path: string): boolean => !NOT_PRODUCED.has(`${words} ${path}`) && !isOfUp(words, path);
    const missing = paths.filter((path) => isDue(path) && seen.get(words)?.has(path) !== true);
    assert.deepEqual(missing, [], words);
  }
});

/** With something of everything that a policy can say. */
const POLICY = {
  ...{ default: 'members', allow: ['orders'], mode: 'enforce', tolerate: ['semicolon'] },
  rules: [
    {
      ...{ name: 'one', action: 'deny', mode: 'audit', services: ['orders'], apps: ['.'], labels: { team: 'shop' } },
      ids: [`${'a'.repeat(51)}a`],
      ...{ methods: ['GET'], paths: ['/a'], headers: { 'x-role': ['admin'], 'x-team': true }, ports: [80] },
    },
  ],
};

/** What takes more than this scenario: a zone, and half the life of a membership. */
const NOT_PRODUCED: ReadonlySet<string> = new Set(['find instances[].zone', 'renew memberships[]']);

/** What `themis up` runs: a scenario of its own, in up.test.ts, which holds these fields against what is printed there. */
function isOfUp(words: string, path: string): boolean {
  return words === 'status' && /^up(?:[.[]|$)/.test(path);
}

/** Commands that end with 1 for what they found, and print it all the same. */
const MAY_FIND: ReadonlySet<string> = new Set(['cert', 'doctor', 'policy explain']);

async function check(user: User, words: string, ...more: readonly string[]): Promise<void> {
  const options: RunOptions = {};
  const { code, stdout, stderr } = await user.run([...words.split(' '), ...more, '--json'], options);
  assert.ok(code === 0 || (code === 1 && MAY_FIND.has(words)), stderr);
  checkPrinted(words, JSON.parse(stdout));
}

function checkPrinted(words: string, printed: unknown): void {
  const fields = new Map(commands()).get(words)?.fields;
  assert.ok(fields !== undefined, `${words} documents no JSON`);
  const paths = seen.get(words) ?? new Set<string>();
  for (const path of checkFields(printed, fields)) paths.add(path);
  seen.set(words, paths);
}

function commands(): readonly (readonly [string, CliCommand])[] {
  return [...EVERY_COMMAND];
}
