import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { join as joinPath } from 'node:path';
import { once } from 'node:events';
import test from 'node:test';
import { anchorShape, Invite, type Json } from '@themis-mesh/core';
import { join } from '@themis-mesh/mesh';
import { waitFor } from '@themis-mesh/testkit';
import { freePort } from './free-port.ts';
import { openDoor, Process } from './process.ts';
import { errorCode, THEMIS, User } from './themis.ts';

test('with a token another machine joins in one go, and works at once with no file of the first', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const door = await openDoor(t, owner, '--auto-token', '--json');
  const invite = await owner.must(
    'invite',
    'orders',
    '--at',
    door.at,
    '--nodes',
    'node.example:7118',
    '--token',
    '--labels',
    'zone=b',
  );
  const machine = await User.make(t);
  const joined = await machine.run(['join', '-'], { input: invite });
  assert.equal(joined.code, 0, joined.stderr);
  assert.match(joined.stdout, /joined as orders\n {2}ID/);
  const [line = ''] = door.stdout.split('\n');
  assert.deepEqual((JSON.parse(line) as { readonly labels: unknown }).labels, { zone: 'b' });
  assert.match(await machine.must('status'), /orders +member +here/);
  assert.match(await machine.must('status'), /payments +member +elsewhere/);
  assert.match(await readFile(joinPath(machine.home, 'app.json'), 'utf8'), /"nodes":\["node.example:7118"\]/);
  const mesh = await join({ service: 'orders', home: machine.home });
  await mesh.close();

  const second = await User.make(t);
  const again = await second.run(['join', '-', '--json'], { input: invite });
  assert.equal(errorCode(again), 'THEMIS_NOT_ADMITTED');
  assert.match(again.stderr, /token-used/);
  const { token } = inviteIn(invite);
  assert.ok(token !== undefined && !(joined.stderr + again.stderr + door.stderr + door.stdout).includes(token));

  door.child.kill('SIGINT');
  assert.equal(await door.exited, 0);
});

test('a machine that asks before the door is open waits, is stopped, and goes on with the same identity', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const port = await freePort();
  const invite = (await owner.must('invite', 'orders', '--at', `127.0.0.1:${port}`, '--token')).trim();
  const machine = await User.make(t);
  const first = Process.themis(t, machine, ['join', invite]);
  await first.says(/No door is open yet/);
  const [, id = ''] = await first.says(/ID +([a-z2-7]{52})/);
  first.child.kill('SIGINT');
  await first.exited;
  const second = Process.themis(t, machine, ['join', invite]);
  await second.says(/No door is open yet/);
  const door = Process.themis(t, owner, ['admit', '--listen', `127.0.0.1:${port}`, '--auto-token']);
  await door.says(/open at/);
  assert.equal(await second.exited, 0, second.stderr);
  assert.ok(second.stdout.includes(id));
  // Once more, as before the membership ends: no token is needed for that, and no new charter signed.
  const charter = ((await machine.json('join', invite)) as { readonly charter: string }).charter;
  assert.match(await owner.must('status'), new RegExp(`charter +${charter.replace('.', '\\.')},`));
});

const skip = hasScript() ? false : 'there is no script(1) that makes a terminal';

test('on a terminal the owner is asked, and both see the same words', { skip }, async (t) => {
  const owner = await User.withServices(t, 'payments');
  const words = THEMIS.map((word) => `'${word}'`).join(' ');
  // In the place of the shell, which would end by the Ctrl-C that is meant for the command.
  const command = `exec ${words} admit --listen 127.0.0.1:0`;
  const door = new Process(t, owner, ['script', '-qec', command, '/dev/null']);
  const [, at = ''] = await door.says(/open\S* at (\S+) for/);
  const invite = (await owner.must('invite', '--at', at)).trim();

  const machine = await User.make(t);
  const asking = Process.themis(t, machine, ['join', invite, '--name', 'orders']);
  const [, spoken = ''] = await asking.says(/words +((?:[a-z]{5} ){5}[a-z]{5}) {2}\(the owner/);
  await door.says(new RegExp(`orders\\S* asks to be admitted`));
  await door.says(/\[y\/N\] /);
  assert.ok(door.stdout.includes(spoken));
  assert.ok(asking.stderr.includes('The owner is being asked') || asking.child.exitCode === null);
  door.child.stdin.write('y\n');
  assert.equal(await asking.exited, 0, asking.stderr);

  const other = await User.make(t);
  const refused = Process.themis(t, other, ['join', invite, '--name', 'stock', '--json']);
  await door.says(/stock\S* asks to be admitted/);
  await waitFor(() => (door.stdout.match(/\[y\/N\] /g) ?? []).length === 2, 'the second question');
  door.child.stdin.write('\n');
  assert.equal(await refused.exited, 1);
  assert.match(refused.stderr, /admission-denied/);
  door.child.stdin.write('\u0003');
  assert.equal(await door.exited, 0);
});

test('at the address of the invite somebody else keeps the door', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const other = await User.withServices(t, 'payments');
  const door = await openDoor(t, other, '--auto-token');
  const invite = (await owner.must('invite', 'orders', '--at', door.at, '--token')).trim();
  const machine = await User.make(t);
  const outcome = await machine.run(['join', invite, '--json']);
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /THEMIS_PEER_REFUSED/);
  assert.match(outcome.stderr, /history-other-id/);
  assert.equal(door.stdout, '');
});

test('somebody in the middle can pass bytes on, and nothing else', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const door = await openDoor(t, owner, '--auto-token');
  const [, port = ''] = door.at.split(':');
  let flipAt = Infinity;
  const relay = createServer((socket) => {
    const onward = connect(Number(port), '127.0.0.1');
    let seen = 0;
    onward.on('data', (data: Buffer) => {
      const index = flipAt - seen;
      if (index >= 0 && index < data.length) data[index] = (data[index] ?? 0) ^ 1;
      seen += data.length;
      socket.write(data);
    });
    socket.on('data', (data) => onward.write(data));
    for (const end of [socket, onward]) end.on('error', () => undefined).on('close', () => (socket.destroy(), onward.destroy()));
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  t.after(() => relay.close());
  const at = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const invite = (await owner.must('invite', 'orders', '--at', at, '--token')).trim();
  const machine = await User.make(t);
  flipAt = 4000;
  const changed = await machine.run(['join', invite, '--wait', '3s', '--json']);
  assert.notEqual(changed.code, 0);
  assert.equal(
    (await readFile(joinPath(machine.home, 'services/svc-orders/identity.json'), 'utf8')).includes('"membership"'),
    false,
  );
  flipAt = Infinity;
  assert.equal((await machine.run(['join', invite])).code, 0);
});

test('invites and words that are of no use', async (t) => {
  const owner = await User.withServices(t, 'payments');
  const machine = await User.make(t);
  const good = (await owner.must('invite', 'orders', '--at', '127.0.0.1:1', '--token')).trim();
  const anchor = anchorShape(JSON.parse(await owner.must('anchor')) as Json, '');
  const door = { host: '127.0.0.1', port: 1, id: anchor.app };
  const ended = Invite.of({ anchor, doors: [door], name: inviteIn(good).name ?? assert.fail(), exp: 1_600_000_000 });
  const nameless = (await owner.must('invite', '--at', '127.0.0.1:1')).trim();
  const cases: readonly (readonly [User, string, ...string[]])[] = [
    [machine, 'THEMIS_INVITE_INVALID', 'join', good.slice(0, -3)],
    [machine, 'THEMIS_INVITE_INVALID', 'join', 'themis9.AAAA.AAAAAAAA'],
    [machine, 'THEMIS_INVITE_INVALID', 'join', '-'],
    [machine, 'THEMIS_INVITE_INVALID', 'join', ended.text],
    [machine, 'THEMIS_USAGE', 'join', nameless],
    [machine, 'THEMIS_USAGE', 'join', good, '--name', 'other'],
    [machine, 'THEMIS_USAGE', 'join', good, '--app', 'x'],
    [machine, 'THEMIS_USAGE', 'join', 'orders', '--wait', '3s'],
    [machine, 'THEMIS_USAGE', 'join', good, '--wait', '3'],
    [machine, 'THEMIS_NOT_ANSWERED', 'join', good, '--wait', '1s'],
    [owner, 'THEMIS_USAGE', 'invite', '--token'],
    [owner, 'THEMIS_USAGE', 'invite', 'orders', '--expires', '1h'],
    [owner, 'THEMIS_USAGE', 'invite', '--at', '0.0.0.0:1'],
    [owner, 'THEMIS_USAGE', 'invite', '--at', 'a:b:c'],
    [owner, 'THEMIS_USAGE', 'admit'],
    [owner, 'THEMIS_USAGE', 'admit', '--listen', '127.0.0.1:0'],
    [owner, 'THEMIS_USAGE', 'admit', '--listen', 'there:0', '--auto-token'],
    [owner, 'THEMIS_USAGE', 'admit', 'file', '--auto-token'],
    [machine, 'THEMIS_OWNER_MISSING', 'admit', '--listen', '127.0.0.1:0', '--auto-token'],
    [machine, 'THEMIS_OWNER_MISSING', 'invite', 'orders', '--at', '127.0.0.1:1', '--token'],
  ];
  for (const [user, code, ...words] of cases) {
    const outcome = await user.run([...words, '--json']);
    assert.equal(errorCode(outcome), code, words.join(' '));
  }
});

function inviteIn(text: string): Invite {
  const read = Invite.parse(text.trim());
  return read.ok ? read.value : assert.fail(read.refusal.detail);
}

function hasScript(): boolean {
  try {
    return execFileSync('script', ['-qec', 'test -t 1 && echo yes', '/dev/null'], { stdio: 'pipe' }).includes('yes');
  } catch {
    return false;
  }
}
