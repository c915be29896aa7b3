import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { waitFor } from '@themis-mesh/testkit';
import { Process } from '../test/process.ts';
import { User } from '../test/themis.ts';
import { twoMachines, type Machine } from './machines.ts';

const PORT = 7117;

test('a service of another machine joins by an invite, and is called back', async (t) => {
  const [here, there] = twoMachines(t);
  const owner = await User.make(t);
  const directory = join(owner.folder, 'directory');
  await owner.must('init', '--directory', directory);
  await owner.must('add', 'web');
  const door = await openDoor(t, owner, here, '--auto-token');
  const machine = await User.make(t);
  const invite = await owner.must('invite', 'orders', '--at', `${here.address}:${PORT}`, '--token');
  const joining = runAt(t, machine, there, 'join', '-');
  joining.child.stdin.end(invite);
  assert.equal(await joining.exited, 0, joining.stderr);
  assert.match(door.stdout, new RegExp(`admitted orders [a-z2-7]{52} from ${there.address}:\\d+`));
  // It has made its identity there, and nothing of the owner's has come but what is signed.
  assert.deepEqual(await readdir(join(machine.home, 'services')), ['svc-orders']);
  await assert.rejects(readdir(join(machine.home, 'owner')));

  // Both see one folder here, in the place of a directory over the network.
  await machine.must('directory', directory);
  const words = ['run', 'orders', '--port', '8080', '--listen', `${there.address}:0`];
  const program = 'python3 -m http.server 8080 --bind 127.0.0.1'.split(' ');
  const service = runAt(t, machine, there, ...words, '--', ...program);
  await waitFor(() => isFound(owner), 'the instance', 60_000);
  const call = runAt(t, owner, here, 'call', 'orders', '/', '--as', 'web', '--fail');
  assert.equal(await call.exited, 0, call.stderr + service.stderr);
  assert.match(call.stdout, /Directory listing/);

  await owner.must('remove', 'orders');
  const again = runAt(t, machine, there, 'join', invite.trim(), '--json');
  assert.equal(await again.exited, 1);
  assert.match(again.stderr, /THEMIS_NOT_ADMITTED[^]*member-removed/);
  service.child.kill('SIGTERM');
  await service.exited;
  door.child.kill('SIGINT');
  assert.equal(await door.exited, 0);
});

test('two machines that show one token at once: one joins', async (t) => {
  const [here, there] = twoMachines(t);
  const owner = await User.withServices(t, 'web');
  await openDoor(t, owner, here, '--auto-token');
  const invite = (await owner.must('invite', 'orders', '--at', `${here.address}:${PORT}`, '--token')).trim();
  const machines = [await User.make(t), await User.make(t)];
  const joining = machines.map((machine) => runAt(t, machine, there, 'join', invite, '--json'));
  const codes = await Promise.all(joining.map(({ exited }) => exited));
  assert.deepEqual([...codes].sort(), [0, 1]);
  const refused = joining[codes.indexOf(1)];
  assert.match(refused?.stderr ?? '', /THEMIS_NOT_ADMITTED[^]*(token-used|name-taken)/);
});

test('scans, slow visitors and half-closed connections from the other machine do not keep a newcomer out', async (t) => {
  const [here, there] = twoMachines(t);
  const owner = await User.withServices(t, 'web');
  const door = await openDoor(t, owner, here, '--auto-token');
  const crowd = new Process(t, owner, [...there.inside, 'python3', '-c', CROWD, here.address, String(PORT)]);
  await crowd.says(/pressing/);
  const invite = (await owner.must('invite', 'orders', '--at', `${here.address}:${PORT}`, '--token')).trim();
  const machine = await User.make(t);
  const joining = runAt(t, machine, there, 'join', invite);
  assert.equal(await joining.exited, 0, joining.stderr);
  assert.equal(door.child.exitCode, null);
});

test('behind the address on this wire is another owner: not a byte of the request is told', async (t) => {
  const [here, there] = twoMachines(t);
  const [owner, other] = [await User.withServices(t, 'web'), await User.withServices(t, 'web')];
  const door = await openDoor(t, other, here, '--auto-token');
  const invite = (await owner.must('invite', 'orders', '--at', `${here.address}:${PORT}`, '--token')).trim();
  const machine = await User.make(t);
  const joining = runAt(t, machine, there, 'join', invite, '--json');
  assert.equal(await joining.exited, 1);
  assert.match(joining.stderr, /THEMIS_PEER_REFUSED[^]*history-other-id/);
  assert.doesNotMatch(door.stdout + door.stderr, /orders/);
});

/** Forty connections, renewed as they go: some say nothing, some junk, some end their side. Within a door's visits a minute. */
const CROWD = `
import socket, sys, time
held = []
for turn in range(40):
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
    if turn % 3 == 0: s.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
    if turn % 3 == 1: s.sendall(bytes.fromhex('16030102000100'))
    if turn % 5 == 0: s.shutdown(socket.SHUT_WR)
    held.append(s)
    if turn == 30: print('pressing', flush=True)
    time.sleep(0.05)
time.sleep(60)
`;

async function openDoor(t: TestContext, owner: User, at: Machine, ...flags: readonly string[]): Promise<Process> {
  const door = runAt(t, owner, at, 'admit', '--listen', `${at.address}:${PORT}`, ...flags);
  await door.says(/open at/);
  return door;
}

function runAt(t: TestContext, user: User, { inside }: Machine, ...words: readonly string[]): Process {
  return Process.themis(t, user, words, inside);
}

async function isFound(owner: User): Promise<boolean> {
  const found = (await owner.run(['find', 'orders', '--json'])).stdout;
  return /"instances": \[\s*\{/.test(found);
}
