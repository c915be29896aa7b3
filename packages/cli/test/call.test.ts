import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { runService } from './running.ts';
import { User, type Outcome } from './themis.ts';

test('what a service answers goes to the output, and who asks is who --as says', async (t) => {
  const user = await withEcho(t);
  const { code, stdout, stderr } = await call(user, '/a%20b?c=1', '-H', 'x-one: 1', '-H', 'x-two:2');
  assert.deepEqual([code, stderr], [0, '']);
  const { body: _, ...told } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  assert.deepEqual(told, { caller: 'orders', method: 'GET', url: '/a%20b?c=1', one: '1', two: '2' });
});

test('a body from the command line, from a file and from the input', async (t) => {
  const user = await withEcho(t);
  await writeFile(join(user.folder, 'body.txt'), 'from a file');
  const bodyOf = ({ stdout }: Outcome): unknown => (JSON.parse(stdout) as { readonly body: unknown }).body;
  assert.equal(bodyOf(await call(user, '/', '-d', 'a=1')), 'a=1');
  assert.equal(bodyOf(await call(user, '/', '-X', 'PUT', '-d', '@body.txt')), 'from a file');
  const piped = await user.runProcess(['call', 'echo', '/', '--as', 'orders', '-d', '@-'], { input: 'from the input' });
  assert.equal(bodyOf(piped), 'from the input');
});

test('with -i the head comes too, with -f a bad status is a failure', async (t) => {
  const user = await withEcho(t);
  const { stdout } = await call(user, '/status/404', '-i');
  assert.match(stdout, /^HTTP\/1\.1 404 Not Found\n(?:\S+: .*\n)+\n/);
  assert.equal((await call(user, '/status/503')).code, 0);
  const failed = await call(user, '/status/503', '-f');
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /caller/);
  assert.match(failed.stderr, /^error THEMIS_CALL_FAILED\n/);
});

test('a large answer comes through whole and untouched', async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  const bytes = 'x\u001b[31m\n'.repeat(200_000);
  await runService(t, user, 'echo', (_, response) => response.end(bytes));
  assert.equal((await user.runProcess(['call', 'echo', '/', '--as', 'orders'])).stdout, bytes);
});

test('an answer that breaks off is an error, after what came of it', async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  await runService(t, user, 'echo', (_, response) => {
    response.write('half of it', () => response.destroy());
  });
  const { code, stdout, stderr } = await user.runProcess(['call', 'echo', '/', '--as', 'orders']);
  assert.deepEqual([code, stdout], [1, 'half of it']);
  assert.match(stderr, /^error THEMIS_CONNECTION_LOST\n/);
});

test('an answer that does not come in time is given up', async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  await runService(t, user, 'echo', () => undefined);
  const { code, stderr } = await call(user, '/', '--timeout', '0.3');
  assert.equal(code, 1);
  assert.match(stderr, /^error THEMIS_ABORTED\n/);
});

test('who is removed, who the policy does not name, and who calls nobody is told why', async (t) => {
  const user = await withEcho(t);
  await user.must('add', 'other');
  await user.must('policy', 'set', 'echo', '--allow', 'other');
  const unlisted = await call(user, '/');
  assert.deepEqual([unlisted.code, unlisted.stdout], [1, '']);
  assert.match(unlisted.stderr, /^error THEMIS_REFUSED_BY_PEER\n.*policy-not-listed.*\n {2}reason {2}\S/);
  await user.must('policy', 'set', 'echo', '--none');
  await user.must('remove', 'orders');
  const removed = await call(user, '/');
  assert.deepEqual([removed.code, removed.stdout], [1, '']);
  assert.match(removed.stderr, /^error THEMIS_MEMBERSHIP_ENDED\n/);
  const nobody = await user.run(['call', 'other', '/', '--as', 'echo']);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /^error THEMIS_NO_INSTANCE\n/);
});

test('what cannot be sent is refused before anything is', async (t) => {
  const user = await User.withServices(t, 'echo', 'orders');
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/PATH cannot be `x`/, 'x'],
    [/PATH cannot be/, '/a b'],
    [/PATH cannot be/, '/a\r\nx: y'],
    [/PATH cannot be/, '/a#b'],
    [/--request cannot be/, '/', '-X', 'GET / HTTP/1.1'],
    [/--header cannot be/, '/', '-H', 'no colon'],
    [/--header cannot be/, '/', '-H', 'a: b\r\nc: d'],
    [/THEMIS_FILE_MISSING/, '/', '-d', '@nothing'],
  ];
  for (const [wanted, ...words] of cases) {
    const { code, stderr } = await call(user, ...words);
    assert.ok(code === 1 || code === 2);
    assert.match(stderr, wanted);
  }
  const unsaid = await user.run(['call', 'echo', '/']);
  assert.match(unsaid.stderr, /--as NAME: here are echo, orders/);
});

test('where the environment turns off the checks of TLS, nobody is called', async (t) => {
  const user = await User.withServices(t, 'echo');
  const { code, stderr } = await user.runProcess(['call', 'echo', '/'], { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  assert.equal(code, 1);
  assert.match(stderr, /error THEMIS_TLS_UNSAFE\n/);
});

/** Someone whose service `echo` runs and says what it was asked. */
async function withEcho(t: TestContext): Promise<User> {
  const user = await User.withServices(t, 'echo', 'orders');
  await runService(t, user, 'echo', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers, peer } = request;
      response.statusCode = Number(/^\/status\/(\d+)$/.exec(url ?? '')?.[1] ?? 200);
      const body = Buffer.concat(chunks).toString();
      response.end(JSON.stringify({ caller: peer.name, method, url, one: headers['x-one'], two: headers['x-two'], body }));
    });
  });
  return user;
}

function call(user: User, ...words: readonly string[]): Promise<Outcome> {
  return user.run(['call', 'echo', ...words, '--as', 'orders']);
}
