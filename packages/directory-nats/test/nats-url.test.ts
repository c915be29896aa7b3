import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNatsUrl, openNatsDirectory, parseNatsUrl, type NatsDirectoryOptions } from '@themis-mesh/directory-nats';

test('one text says which servers, and how to be let in', () => {
  assert.deepEqual(parseNatsUrl('nats://one:4222,two:4223,[::1]:4224?creds=/a/b.creds&ca=/ca.pem&replicas=3&prefix=shop'), {
    servers: ['nats://one:4222', 'nats://two:4223', 'nats://[::1]:4224'],
    credentials: { kind: 'creds', file: '/a/b.creds' },
    tls: { ca: '/ca.pem', cert: undefined, key: undefined },
    bucketPrefix: 'shop',
    replicas: 3,
  });
  assert.deepEqual(parseNatsUrl('tls://one/?user=mesh&password=/p').credentials, { kind: 'password', user: 'mesh', file: '/p' });
  assert.deepEqual(['nats://x', 'tls://x', '/srv/nats', 'nats:x', './nats://x'].map(isNatsUrl), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('what is not understood is refused, and what may be a secret is not shown', () => {
  const wrong = [
    ...['nats://', 'http://one', 'nats://mesh:hunter2@one:4222', 'nats://one/path', 'nats://one#x', 'nats://one?hunter2=1'],
    ...['nats://one?creds=', 'nats://one?creds=/a&creds=/b', 'nats://one?creds=/a&token=/b', 'nats://one?creds=a.creds'],
    ...[
      'nats://one?user=mesh',
      'nats://one?password=/p',
      'nats://one?replicas=0',
      'nats://one?replicas=9',
      'nats://one?replicas=1e0',
    ],
  ];
  for (const text of wrong) assert.throws(() => parseNatsUrl(text), { code: 'THEMIS_DIRECTORY_INVALID' }, text);
  assert.throws(
    () => parseNatsUrl('nats://mesh:hunter2@one:4222'),
    (error: Error) => !error.message.includes('hunter2'),
  );
});

test('options that make no sense are refused all together, before anybody is asked', async () => {
  const servers = 'nats://127.0.0.1:4222';
  const password = { kind: 'password', user: 'mesh', file: '/none' } as const;
  const wrong: readonly NatsDirectoryOptions[] = [
    ...[{ servers: [] }, { servers: 'nats://u:hunter2@one' }, { servers: ['nats://one:0'] }, { servers: 'one:4222' }],
    ...[
      { servers, bucketPrefix: 'a.b' },
      { servers, bucketPrefix: '' },
      { servers, replicas: 1.5 },
      { servers, replicas: 6 },
    ],
    ...[
      { servers, timeoutMs: 0 },
      { servers, timeoutMs: Infinity },
      { servers, rescanMs: Number.NaN },
    ],
    ...[
      { servers, tls: { cert: '/c' } },
      { servers: 'nats://one:4222', credentials: password },
    ],
  ];
  for (const options of wrong) {
    await assert.rejects(openNatsDirectory(options), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'THEMIS_DIRECTORY_INVALID', JSON.stringify(options));
      return !error.message.includes('hunter2');
    });
  }
  await assert.rejects(openNatsDirectory({ servers: 'x', replicas: 9, timeoutMs: 1 }), /servers.*replicas.*timeoutMs/);
});
