import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { historyBytes, incept, MemorySigner } from '@themis-mesh/core';
import { keepForkProof } from '@themis-mesh/storage';
import { FINDINGS } from '../src/index.ts';
import { runService } from './running.ts';
import { User, type RunOptions } from './themis.ts';

const isWindows = process.platform === 'win32';

test('a home that is well, but for recovery keys that lie beside the others', async (t) => {
  const user = await User.make(t);
  await user.must('init', '--recovery', join(user.folder, 'recovery.json'));
  await user.must('add', 'orders', '--recovery', join(user.folder, 'recovery.json'));
  await runService(t, user, 'orders', (_, response) => response.end());
  const { code, stdout } = await user.run(['doctor']);
  assert.equal(code, 0);
  assert.ok(
    stdout.split('\n').every((line) => line === '' || line.startsWith('ok ')),
    stdout,
  );
  const beside = await User.withServices(t, 'orders');
  assert.deepEqual(await diagnose(beside), { code: 0, found: ['recovery-beside', 'recovery-beside'] });
});

test('without a home it says so', async (t) => {
  const user = await User.make(t);
  assert.deepEqual(await diagnose(user), { code: 1, found: ['THEMIS_HOME_MISSING'] });
});

test('modes of files and folders', { skip: isWindows }, async (t) => {
  const user = await User.withServices(t, 'orders');
  await withoutRecovery(user);
  await chmod(join(user.home, 'owner/identity.json'), 0o644);
  await chmod(join(user.home, 'services/svc-orders'), 0o755);
  const { code, found } = await diagnose(user);
  assert.equal(code, 1);
  assert.ok(found.includes('THEMIS_KEY_FILE_READABLE') && found.includes('THEMIS_KEY_FOLDER_OPEN'), found.join());
  await chmod(user.home, 0o755);
  assert.ok((await diagnose(user)).found.includes('THEMIS_KEY_FOLDER_OPEN'));
});

test('an environment that weakens TLS', async (t) => {
  const user = await User.withServices(t);
  await withoutRecovery(user);
  assert.deepEqual((await diagnose(user, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })).found, ['THEMIS_TLS_UNSAFE']);
  assert.deepEqual((await diagnose(user, { env: { NODE_OPTIONS: '--insecure-http-parser' } })).found, ['node-options-weak']);
  assert.deepEqual((await diagnose(user, { env: { THEMIS_PASSPHRASE_FILE: 'nothing' } })).found, ['THEMIS_FILE_MISSING']);
});

test('damaged keys', async (t) => {
  const user = await User.withServices(t, 'orders');
  await withoutRecovery(user);
  await writeFile(join(user.home, 'services/svc-orders/identity.json'), '{}', { mode: 0o600 });
  const { code, found } = await diagnose(user);
  assert.equal(code, 1);
  assert.ok(found.includes('THEMIS_FILE_MALFORMED'));
});

test('a service that was removed, and one that waits', async (t) => {
  const user = await User.withServices(t, 'orders');
  await withoutRecovery(user);
  await user.must('remove', 'orders');
  await user.must('join', 'payments');
  await rm(join(user.home, 'services/svc-payments/recovery.json'));
  const { code, found } = await diagnose(user);
  assert.equal(code, 0);
  assert.ok(found.includes('service-removed') && found.includes('service-waiting'), found.join());
});

test('a directory that lost its records', async (t) => {
  const user = await User.withServices(t, 'orders');
  await withoutRecovery(user);
  await rm(join(user.home, 'directory'), { recursive: true });
  const { code, found } = await diagnose(user);
  assert.deepEqual([code, found], [1, ['charter-unpublished', 'history-unpublished']]);
  await user.must('renew');
  assert.deepEqual(await diagnose(user), { code: 0, found: [] });
});

test('an instance that is gone without leave, and somebody else at its address', async (t) => {
  const user = await User.withServices(t, 'orders', 'payments');
  await withoutRecovery(user);
  const { port, server } = await runService(t, user, 'orders', (_, response) => response.end());
  await rename(join(user.home, 'directory'), join(user.home, 'kept'));
  await new Promise((resolve) => server.close(resolve));
  await rm(join(user.home, 'directory'), { recursive: true, force: true });
  await rename(join(user.home, 'kept'), join(user.home, 'directory'));
  assert.deepEqual(await diagnose(user), { code: 0, found: ['instance-unreachable'] });
  const other = await User.withServices(t, 'orders');
  const imposter = await runService(t, other, 'orders', (_, response) => response.end());
  const relay = createServer((socket) => {
    const onward = connect(imposter.port, '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  t.after(() => relay.close());
  await once(relay.listen(port, '127.0.0.1'), 'listening');
  assert.deepEqual(await diagnose(user), { code: 1, found: ['instance-refused'] });
});

test('what processes that died left behind', async (t) => {
  const user = await User.withServices(t);
  await withoutRecovery(user);
  const mark = await markOfTheDead();
  await writeFile(join(user.home, 'app.json.lock'), `${mark}\n${'0'.repeat(32)}\n`);
  await writeFile(join(user.home, `.themis-${mark}-${'0'.repeat(16)}.tmp`), '');
  assert.deepEqual(await diagnose(user), { code: 0, found: ['lock-left', 'temporary-left'] });
});

test('a proof of a fork', async (t) => {
  const user = await User.withServices(t);
  await withoutRecovery(user);
  const alarms = join(user.home, 'alarms');
  await mkdir(alarms, { recursive: true, mode: 0o700 });
  const [first, other] = [await inception(), await inception()];
  await keepForkProof(alarms, { kind: 'history', id: first.id, first: historyBytes(first), other: historyBytes(other) });
  assert.deepEqual(await diagnose(user), { code: 1, found: ['fork-seen'] });
});

test('each finding says what is wrong and what to do', () => {
  for (const [code, { summary, remedy }] of Object.entries(FINDINGS)) {
    assert.match(code, /^[a-z]+(-[a-z]+)+$/);
    assert.match(summary, /^[A-Z].*[^.]$/, code);
    assert.match(remedy, /\.$/, code);
  }
});

interface Diagnosis {
  readonly code: number | null;
  /** The codes of all findings, sorted. */
  readonly found: readonly string[];
}

interface Report {
  readonly checks: readonly { readonly findings: readonly { readonly code: string }[] }[];
}

async function diagnose(user: User, options: RunOptions = {}): Promise<Diagnosis> {
  const { code, stdout } = await user.run(['doctor', '--json'], options);
  const { checks } = JSON.parse(stdout) as Report;
  return { code, found: checks.flatMap(({ findings }) => findings.map((finding) => finding.code)).sort() };
}

/** Puts the recovery keys out of the home, so that they are not what is found. */
async function withoutRecovery({ home }: User): Promise<void> {
  for (const folder of ['owner', 'services/svc-orders', 'services/svc-payments']) {
    await rm(join(home, folder, 'recovery.json'), { force: true });
  }
}

/** The mark of a process that has ended, as a lock or a file of its would carry. */
async function markOfTheDead(): Promise<string> {
  const script = 'import { ownMark, showMark } from "@themis-mesh/storage"; process.stdout.write(showMark(ownMark()))';
  const words = ['-C', 'themis-source', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, words, { cwd: import.meta.dirname });
  let mark = '';
  child.stdout.on('data', (chunk: Buffer) => (mark += chunk.toString()));
  await once(child, 'close');
  return mark;
}

async function inception(): ReturnType<typeof incept> {
  const set = { signers: [MemorySigner.generate()], threshold: 1 };
  return incept({ operational: set, recovery: { signers: [MemorySigner.generate()], threshold: 1 }, now: 1_790_000_000 });
}
