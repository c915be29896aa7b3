import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { openNatsDirectory, parseNatsUrl } from '@themis-mesh/directory-nats';
import { expectFound, Signers, storeAll, waitFor } from '@themis-mesh/testkit';
import { createOperator, createUser } from './nkeys.ts';
import { NatsServer } from './nats-server.ts';
import { onEachServer, onOneServer } from './servers.ts';

const PASSWORD = 'correct-horse-battery';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'themis-nats-access-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function secretFile(folder: string, name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

onEachServer('a nats-server that lets in whom it knows', (path) => {
  test('with a password, a token, an NKey or credentials of an account, each in a file', async (t) => {
    const folder = await folderOf(t);
    const { seed, publicKey } = createUser();
    const { config: accounts, creds } = createOperator();
    const ways = [
      [
        `authorization { user: mesh, password: "${PASSWORD}" }`,
        { kind: 'password', user: 'mesh', file: await secretFile(folder, 'password', `${PASSWORD}\n`) },
      ],
      [`authorization { token: "${PASSWORD}" }`, { kind: 'token', file: await secretFile(folder, 'token', PASSWORD) }],
      [
        `authorization { users: [{ nkey: ${publicKey} }] }`,
        { kind: 'nkey', file: await secretFile(folder, 'seed', `${seed}\n`) },
      ],
      [accounts, { kind: 'creds', file: await secretFile(folder, 'user.creds', creds) }],
    ] as const;
    for (const [config, credentials] of ways) {
      const signers = await Signers.create();
      await using server = await NatsServer.start(path, `${config}\n`);
      await using directory = await openNatsDirectory({ servers: server.url, credentials, now: () => signers.now });
      await storeAll(directory, signers.history());
      await expectFound(directory, signers.history());
    }
  });

  test('whoever is not let in hears why, in time, and never the secret; a secret that is replaced is read anew', async (t) => {
    const folder = await folderOf(t);
    const file = await secretFile(folder, 'password', 'this-is-the-wrong-one');
    const signers = await Signers.create();
    await using server = await NatsServer.start(path, `authorization { user: mesh, password: "${PASSWORD}" }\n`);
    const credentials = { kind: 'password', user: 'mesh', file } as const;
    await using directory = await openNatsDirectory({
      servers: server.url,
      credentials,
      now: () => signers.now,
      timeoutMs: 1000,
    });
    const answer = await directory.find(signers.history().key);
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /Authorization Violation/i);
    assert.doesNotMatch(inspect(answer.error, { depth: 20, showHidden: true }), /wrong-one/);
    await secretFile(folder, 'password', PASSWORD);
    await waitFor(async () => (await directory.store(signers.history())).outcome === 'stored', 'it to be stored', 20_000);
  });

  test('whoever may not write hears so, and reads on', async (t) => {
    const folder = await folderOf(t);
    const file = await secretFile(folder, 'password', PASSWORD);
    const may = 'publish: ["$JS.API.STREAM.INFO.>", "$JS.API.STREAM.MSG.GET.>"], subscribe: ["_INBOX.>"]';
    const users = `{ user: all, password: "${PASSWORD}" }, { user: mesh, password: "${PASSWORD}", permissions: { ${may} } }`;
    const signers = await Signers.create();
    await using server = await NatsServer.start(path, `authorization { users: [${users}] }\n`);
    const options = { servers: server.url, now: () => signers.now, timeoutMs: 2000 };
    const as = (user: string): { credentials: { kind: 'password'; user: string; file: string } } => ({
      credentials: { kind: 'password', user, file },
    });
    await using writer = await openNatsDirectory({ ...options, ...as('all') });
    await storeAll(writer, signers.history(), await signers.service(1));
    await using reader = await openNatsDirectory({ ...options, ...as('mesh') });
    await expectFound(reader, signers.history());
    const answer = await reader.store(await signers.service(2));
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /permission/i);
  });

  test('over TLS only a server that an authority vouches for is asked, and a client that has a certificate is let in', async (t) => {
    const folder = await folderOf(t);
    const made = makeCertificates(folder);
    const signers = await Signers.create();
    const tls = `tls { cert_file: "${made.serverCert}", key_file: "${made.serverKey}", ca_file: "${made.ca}", verify: true }\n`;
    await using server = await NatsServer.start(path, tls);
    const options = { servers: server.url, now: () => signers.now, timeoutMs: 2000 };
    const own = { ca: made.ca, cert: made.clientCert, key: made.clientKey };
    await using directory = await openNatsDirectory({ ...options, tls: own });
    await storeAll(directory, signers.history());
    await using stranger = await openNatsDirectory({ ...options, tls: { ...own, ca: made.otherCa } });
    const answer = await stranger.find(signers.history().key);
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /certificate|self.signed/);
    await using nobody = await openNatsDirectory({ ...options, tls: { ca: made.ca } });
    assert.equal((await nobody.find(signers.history().key)).outcome, 'unavailable');
    await chmod(made.clientKey, 0o644);
    await assert.rejects(openNatsDirectory({ ...options, tls: own }), { code: 'THEMIS_KEY_FILE_READABLE' });
  });
});

onOneServer('a nats-server without TLS', (path) => {
  test('gets nothing of a client that wants TLS', async (t) => {
    const folder = await folderOf(t);
    const file = await secretFile(folder, 'password', PASSWORD);
    const { ca } = makeCertificates(folder);
    const signers = await Signers.create();
    await using server = await NatsServer.start(path);
    const place = parseNatsUrl(`${server.url}?user=mesh&password=${file}&ca=${ca}`);
    await using directory = await openNatsDirectory({ ...place, now: () => signers.now, timeoutMs: 1000 });
    const answer = await directory.find(signers.history().key);
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /does not support 'tls'/);
  });
});

test('a file of a secret that others may read, that is a link, or that holds something else is refused at once', async (t) => {
  const folder = await folderOf(t);
  const servers = 'nats://127.0.0.1:4222';
  const good = await secretFile(folder, 'good', createUser().seed);
  const open = await secretFile(folder, 'open', createUser().seed);
  await chmod(open, 0o640);
  await symlink(good, join(folder, 'link'));
  const junk = await secretFile(folder, 'junk', 'hunter2 hunter2');
  for (const [file, code] of [
    [open, 'THEMIS_KEY_FILE_READABLE'],
    [join(folder, 'link'), 'THEMIS_KEY_FILE_SYMLINK'],
    [join(folder, 'none'), 'THEMIS_FILE_MISSING'],
    [junk, 'THEMIS_FILE_MALFORMED'],
  ] as const) {
    for (const kind of ['nkey', 'creds'] as const) {
      if (kind === 'creds' && file === junk) continue;
      await assert.rejects(openNatsDirectory({ servers, credentials: { kind, file } }), { code });
    }
  }
  const error: unknown = await openNatsDirectory({ servers, credentials: { kind: 'creds', file: junk } }).catch(
    (reason: unknown) => reason,
  );
  assert.doesNotMatch(inspect(error, { depth: 20 }), /hunter2/);
});

interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

function makeCertificates(folder: string): Certificates {
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: readonly string[]): void => void execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const name of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.pem`),
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
  for (const name of ['server', 'client']) {
    const signed = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-addext',
      'basicConstraints=CA:FALSE',
    ];
    openssl(
      'req',
      '-x509',
      ...key,
      ...signed,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.pem`),
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
  }
  return {
    ca: at('ca.pem'),
    otherCa: at('other.pem'),
    ...{ serverCert: at('server.pem'), serverKey: at('server.key'), clientCert: at('client.pem'), clientKey: at('client.key') },
  };
}
