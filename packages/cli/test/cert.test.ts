import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'node:test';
import { look } from '@themis-mesh/channel';
import { toPem } from '@themis-mesh/core';
import { runService } from './running.ts';
import { errorCode, User } from './themis.ts';

test('a chain is shown with all that matters, and why it is trusted', async (t) => {
  const user = await User.withServices(t, 'orders', 'payments');
  const { mesh, port } = await runService(t, user, 'orders', (_, response) => response.end());
  const { code, stdout } = await user.run(['cert', 'orders']);
  assert.equal(code, 0);
  const wants = [mesh.spiffeId, 'identity certificate', 'inception', 'membership', 'good until', 'trusted as orders', 'clock'];
  for (const wanted of wants) {
    assert.ok(stdout.includes(wanted), `${wanted} in\n${stdout}`);
  }
  assert.match(await user.must('cert', `localhost:${port}`), /trusted as orders/);
  assert.match(await user.must('cert', 'orders', '--instance', mesh.instance), /trusted as orders/);
  assert.equal(errorCode(await user.run(['cert', 'orders', '--instance', 'none', '--json'])), 'THEMIS_NO_INSTANCE');
  assert.equal(errorCode(await user.run(['cert', 'payments', '--json'])), 'THEMIS_NO_INSTANCE');
  assert.equal(errorCode(await user.run(['cert', 'nobody', '--json'])), 'THEMIS_NAME_UNKNOWN');
});

test('a chain in a file is judged as one on the wire', async (t) => {
  const user = await User.withServices(t, 'orders');
  const { port } = await runService(t, user, 'orders', (_, response) => response.end());
  const [leaf, identity] = (await look({ address: { host: '127.0.0.1', port } })).chain;
  assert.ok(leaf !== undefined && identity !== undefined);
  const file = async (name: string, ...chain: readonly Uint8Array[]): Promise<string> => {
    await writeFile(join(user.folder, name), chain.map(toPem).join(''));
    return `./${name}`;
  };
  assert.match(await user.must('cert', await file('good.pem', leaf, identity)), /trusted as orders/);
  const broken = Buffer.from(leaf);
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  const cases: readonly (readonly [string, string])[] = [
    ['chain-identity-missing', await file('leaf.pem', leaf)],
    ['chain-third-certificate', await file('three.pem', leaf, identity, identity)],
    ['leaf-signature', await file('broken.pem', broken, identity)],
    ['leaf-', await file('turned.pem', identity, leaf)],
  ];
  for (const [reason, path] of cases) {
    const { code, stdout } = await user.run(['cert', path]);
    assert.equal(code, 1, path);
    assert.match(stdout, new RegExp(`\nrefused ${reason}`), path);
  }
  const elsewhere = await User.make(t);
  const { stdout } = await elsewhere.run(['cert', join(user.folder, 'good.pem')]);
  assert.match(stdout, /sound as a chain\. There is no home here/);
});

test('a member of another app is a stranger here', async (t) => {
  const user = await User.withServices(t, 'orders');
  const stranger = await User.withServices(t, 'orders');
  const { port } = await runService(t, stranger, 'orders', (_, response) => response.end());
  const { code, stdout } = await user.run(['cert', `127.0.0.1:${port}`]);
  assert.equal(code, 1);
  assert.match(stdout, /\nrefused member-unknown\n {2}The charter does not name the identity\.\n/);
});

test('a certificate of OpenSSL is shown, harmlessly, and refused', { skip: !hasOpenssl() }, async (t) => {
  const user = await User.withServices(t, 'orders');
  const path = join(user.folder, 'own.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-out', path];
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=orders\u001b[31m', '-utf8', '-days', '1'], { stdio: 'ignore' });
  const { code, stdout } = await user.run(['cert', path]);
  assert.equal(code, 1);
  assert.match(stdout, /subject +CN=orders/);
  assert.match(stdout, /\nrefused chain-identity-missing\n/);
  assert.doesNotMatch(stdout, /\u001b/);
});

test('what is no certificate, nobody, and something else that listens', async (t) => {
  const user = await User.withServices(t, 'orders');
  await writeFile(join(user.folder, 'text'), 'no certificate');
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const codes = [];
  for (const source of ['./text', './none', '127.0.0.1:1', `127.0.0.1:${address.port}`]) {
    codes.push(errorCode(await user.run(['cert', source, '--json'])));
  }
  assert.deepEqual(codes, ['THEMIS_CERTIFICATE_MISSING', 'THEMIS_FILE_MISSING', 'THEMIS_DIAL_FAILED', 'THEMIS_HANDSHAKE_FAILED']);
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
