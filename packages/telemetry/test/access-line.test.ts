import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ACCESS_FIELDS, AccessLog, Metrics, RequestLog, type OpenRequest } from '@themis-mesh/telemetry';
import { MemorySink, stillClock } from './memory-sink.ts';

const SELF = { name: 'web', id: 'kweb', instance: 'one' };

suite('a line of the access log', () => {
  test('has the fields of the table, in its order', async () => {
    const line = await lineOf((open) => {
      Object.assign(open, {
        ...{ status: 403, grpcStatus: 7, refusal: 'policy-default', policy: 'charter policy x', rule: 'rule 1', audit: true },
        ...{ bytesIn: 3, bytesOut: 4, port: 8080, remote: '127.0.0.1:5', retries: 1, requestId: 'r-1' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
    });
    const parsed = JSON.parse(line) as Record<string, unknown>;
    const names = Object.keys(ACCESS_FIELDS).filter((name) => name !== 'dropped');
    assert.deepEqual(Object.keys(parsed), names);
    assert.equal(parsed['time'], '2026-01-02T03:04:05.006Z');
    for (const [name, value] of Object.entries(parsed)) {
      const { type } = ACCESS_FIELDS[name as keyof typeof ACCESS_FIELDS];
      assert.equal(typeof value, { text: 'string', time: 'string', number: 'number', true: 'boolean' }[type], name);
    }
  });

  test('leaves out what is not known, as the table says', async () => {
    const parsed = JSON.parse(await lineOf(() => undefined, {})) as Record<string, unknown>;
    const always = Object.entries(ACCESS_FIELDS).filter(([, { absent }]) => absent === undefined);
    for (const [name] of always) assert.ok(name in parsed, name);
    for (const name of ['caller', 'callerId', 'status', 'refusal', 'audit', 'retries']) assert.ok(!(name in parsed), name);
  });

  test('is one line of JSON, whatever is in it', async () => {
    const unit = fc.oneof(
      fc.constantFrom('"', '\\', '\n', '\r', '\u2028', '\u001b', '\u009b', '\u202e', '\ud800', '😀', '{', ','),
      fc.string(),
    );
    const hostile = fc.array(unit, { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (method, path, refusal) => {
        const line = await lineOf((open) =>
          Object.assign(open, { method, path: `/${path}`, refusal, requestId: path, traceparent: path }),
        );
        assert.match(line, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
        const parsed = JSON.parse(line) as Record<string, unknown>;
        assert.equal(parsed['method'], method.toWellFormed());
        assert.equal(parsed['service'], 'web');
      }),
    );
  });

  test('is bounded, whatever is in it', async () => {
    const long = 'x'.repeat(1_000_000);
    const line = await lineOf((open) =>
      Object.assign(open, { method: long, path: `/${long}`, refusal: long, rule: long, requestId: long }),
    );
    assert.ok(line.length < 4096, String(line.length));
  });

  const PATHS: readonly (readonly [target: string, shown: string])[] = [
    ['/charge?token=s3cret', '/charge'],
    ['/charge#token=s3cret', '/charge'],
    ['http://user:s3cret@payments/charge?x', '/charge'],
    ['http://user:s3cret@payments', '/'],
    ['http://payments?token=s3cret', ''],
    ['user:s3cret@host:443', 'host:443'],
    ['*', '*'],
    ['/?', '/'],
  ];

  for (const [target, shown] of PATHS) {
    test(`says of ${target.replace('s3cret', '…')} no query and no authority`, async () => {
      const parsed = JSON.parse(await lineOf((open) => Object.assign(open, { path: target }))) as Record<string, unknown>;
      assert.equal(parsed['path'], shown);
    });
  }

  test('says the query where that is asked for', async () => {
    const parsed = JSON.parse(await lineOf((open) => Object.assign(open, { path: '/a?b=1' }), {}, true)) as Record<
      string,
      unknown
    >;
    assert.equal(parsed['path'], '/a?b=1');
  });

  test('says identifiers of a trace only where they are plain ones', async () => {
    for (const [requestId = '', traceparent = ''] of [
      ['Bearer s3cret', '00-0-0-00'],
      ['a b', '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['é', ''],
      ['', '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01'],
    ]) {
      const parsed = JSON.parse(await lineOf((open) => Object.assign(open, { requestId, traceparent }))) as Record<
        string,
        unknown
      >;
      assert.ok(!('request_id' in parsed) && !('traceparent' in parsed), requestId);
    }
  });

  test('says of an error its code, never its text', async () => {
    const canary = 's3cret-canary';
    const thrown = [
      new Error(canary),
      canary,
      { code: canary },
      { refusal: canary },
      Object.assign(new Error(canary), { name: 'AbortError' }),
    ];
    for (const error of thrown) {
      const line = await lineOf((open) => open.fail(error));
      assert.ok(!line.includes(canary), line);
      assert.match(line, /"refusal":"THEMIS_(?:UNEXPECTED|ABORTED)"/);
    }
  });
});

async function lineOf(
  fill: (open: OpenRequest) => unknown,
  peer: { readonly name?: string; readonly id?: string } = { name: 'orders', id: 'korders' },
  query = false,
): Promise<string> {
  const sink = new MemorySink();
  const clock = stillClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
  const accessLog = new AccessLog({ sink, clock, query });
  const requests = new RequestLog({ self: SELF, metrics: new Metrics(), accessLog, isKnown: () => true });
  const open = requests.inbound('http/1.1', peer, 'GET', '/');
  fill(open);
  open.end();
  open.end();
  await accessLog.flush();
  const [line = '', ...more] = sink.text.split('\n');
  assert.deepEqual(more, ['']);
  return line;
}
