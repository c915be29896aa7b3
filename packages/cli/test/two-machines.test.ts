import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { errorCode, User } from './themis.ts';

test('a service of another machine joins by two files', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const machine = await User.make(t);
  const app = await pin(owner);
  assert.match(await machine.must('join', 'orders', '--app', app), /asked for the name orders\n {2}ID/);
  assert.match(await owner.must('admit', join(machine.folder, 'orders.join.json')), /admitted orders/);
  assert.match(await machine.must('join', '--accept', join(owner.folder, 'orders.admission.json')), /joined as orders/);
  assert.match(await machine.must('status'), /orders +member +here/);
  assert.match(await machine.must('status'), /payments +member +elsewhere/);
  assert.match((await machine.run(['add', 'more'])).stderr, /^error THEMIS_OWNER_MISSING\n/);
});

test('with the ID alone it works as well', async (t) => {
  const owner = await User.make(t);
  const { app } = (await owner.json('init')) as { readonly app: { readonly id: string } };
  const machine = await User.make(t);
  await machine.must('join', 'orders', '--app', app.id, '--out', 'ask');
  await owner.must('admit', join(machine.folder, 'ask'), '--out', 'answer');
  await machine.must('join', 'orders', '--accept', join(owner.folder, 'answer'));
});

test('files that are not what they should be', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const machine = await User.make(t);
  const app = await pin(owner);
  await machine.must('join', 'orders', '--app', app);
  const request = join(machine.folder, 'orders.join.json');
  const changed = join(machine.folder, 'changed.json');
  await writeFile(changed, (await readFile(request, 'utf8')).replace('"payload":"ey', '"payload":"ez'));
  await writeFile(join(machine.folder, 'escape'), '\u001b[2J');
  const cases: readonly (readonly [User, string, ...string[]])[] = [
    [owner, 'THEMIS_STATEMENT_REFUSED', 'admit', changed],
    [owner, 'THEMIS_FILE_MISSING', 'admit', 'nothing'],
    [owner, 'THEMIS_STATEMENT_REFUSED', 'admit', app],
    [owner, 'THEMIS_FILE_NOT_REGULAR', 'admit', machine.folder],
    [machine, 'THEMIS_STATEMENT_REFUSED', 'join', '--accept', request],
    [machine, 'THEMIS_STATEMENT_REFUSED', 'join', '--accept', 'escape'],
    [machine, 'THEMIS_ANCHOR_INVALID', 'join', 'other', '--app', request],
    [machine, 'THEMIS_FILE_MISSING', 'join', 'other', '--app', 'nothing'],
    [machine, 'THEMIS_FILE_EXISTS', 'join', 'orders'],
    [machine, 'THEMIS_USAGE', 'join', '--accept', request, '--app', app],
  ];
  for (const [user, code, ...words] of cases) {
    const outcome = await user.run([...words, '--json']);
    assert.equal(errorCode(outcome), code, words.join(' '));
    assert.doesNotMatch(outcome.stderr, /\u001b/);
  }
});

test('keys are sealed where a passphrase file is named', { skip: process.platform === 'win32' }, async (t) => {
  const user = await User.make(t);
  const passphrase = join(user.folder, 'passphrase');
  await writeFile(passphrase, 'correct horse battery\n', { mode: 0o600 });
  const env = { THEMIS_PASSPHRASE_FILE: passphrase };
  assert.equal((await user.runProcess(['init'], { env })).code, 0);
  assert.equal((await user.run(['add', 'orders'], { env })).code, 0);
  assert.doesNotMatch(await readFile(join(user.home, 'owner/identity.json'), 'utf8'), /"seal":"none"/);
  assert.match(await user.must('status'), /orders +member/);
  assert.equal(errorCode(await user.run(['add', 'more', '--json'])), 'THEMIS_PASSPHRASE_MISSING');
  await chmod(passphrase, 0o644);
  assert.equal(errorCode(await user.run(['add', 'more', '--json'], { env })), 'THEMIS_KEY_FILE_READABLE');
});

async function pin(owner: User): Promise<string> {
  const path = join(owner.folder, 'app.anchor.json');
  await owner.must('anchor', '--out', path);
  return path;
}
