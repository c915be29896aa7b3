import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { createLog } from '../src/log/log.ts';
import { join } from '@themis-mesh/mesh';
import { readSidecarOptions, Sidecar } from '@themis-mesh/agent';
import { waitFor } from '@themis-mesh/testkit';
import { ask } from './proxy-bed.ts';
import { serviceName, TestHome } from './test-home.ts';

const CANARY = 'canary-3f9a1c';

test('no key, credential, or secret of a request is in a log, a metric, an error, an answer, or a file that is not for keys', async () => {
  await using home = await TestHome.create('orders', 'web');
  const written: string[] = [];
  const log = createLog({ format: 'json', level: 'debug', write: (line) => written.push(line), now: () => new Date() });
  const note = (...found: readonly unknown[]): void =>
    void written.push(...found.map((each) => inspect(each, { depth: 8, showHidden: true })));
  process.on('warning', note);
  const port = await home.serve((request, response) => {
    if (request.url?.startsWith('/break') === true) response.destroy();
    else response.end('well');
  });

  const mesh = await join({ service: 'orders', home: home.path, accessLog: (lines) => void written.push(lines) });
  const sidecar = await Sidecar.start(
    readSidecarOptions('orders', [], { home: home.path, port: String(port), ingress: '0' }),
    mesh,
    log,
  );
  home.onEnd(() => sidecar.close());
  const ports = await sidecar.open();
  const token = new URL(sidecar.environment({})['http_proxy'] ?? '').password;
  const web = await home.join('web');
  const headers = { authorization: `Bearer ${CANARY}`, cookie: CANARY, 'proxy-authorization': CANARY };

  for (const path of ['/', '/break', `/break?token=${CANARY}`])
    await web.fetch(`http://orders${path}`, { headers }).then(() => undefined, note);
  for (const credential of [CANARY, `themis:${CANARY}`, `themis:${token}x`, `themis:${token}`]) {
    const basic = Buffer.from(credential).toString('base64');
    const head = `host: nobody.mesh.internal\r\nproxy-authorization: Basic ${basic}\r\nx-secret: ${CANARY}`;
    note(await ask(ports.proxy ?? 0, `GET http://nobody.mesh.internal/?${CANARY} HTTP/1.1\r\n${head}\r\n\r\n`));
    note(await ask(ports.proxy ?? 0, `CONNECT example.com:443 HTTP/1.1\r\n${head}\r\n\r\n`));
  }
  note(await ask(ports.ingress?.port ?? 0, `GET /#${CANARY} HTTP/1.1\r\nhost: a\r\ncookie: ${CANARY}\r\n\r\n`));
  mesh.setPolicy({ default: 'deny-all' });
  await web.fetch('http://orders/', { headers }).then(() => undefined, note);
  await web.fetch(`http://nobody/?${CANARY}`).then(() => undefined, note);
  await waitFor(() => written.some((line) => line.includes('policy-deny-all')), 'the refusal in the log');
  await mesh.renew();
  await waitFor(() => written.some((line) => line.includes('"path":"/break"')), 'the access log');
  note(mesh.metrics.text(), web.metrics.text());
  note(mesh, sidecar, web);
  process.off('warning', note);

  const keys = await privateKeysIn(home.path);
  assert.ok(keys.length >= 4, `${keys.length} keys`);
  const text = written.join('\n');
  for (const secret of [token, Buffer.from(`themis:${token}`).toString('base64'), CANARY, 'PRIVATE KEY', ...keys]) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, `${secret.slice(0, 12)}… in ${text.slice(Math.max(0, at - 200), at + 20)}`);
  }
});

/** The private keys in the files that are for them, in base64url. They are in no other file, and nobody else may read any. */
async function privateKeysIn(home: string): Promise<readonly string[]> {
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = joinPath(parentPath, name);
      const isForKeys = name === 'identity.json' || name === 'recovery.json';
      if (isForKeys) assert.equal((await stat(path)).mode & 0o077, 0, path);
      return { isForKeys, text: await readFile(path, 'utf8').catch(goneMeanwhile) };
    }),
  );
  const kept = texts.filter(({ isForKeys }) => isForKeys).flatMap(({ text }) => text.match(/"[A-Za-z0-9_-]{180,190}"/g) ?? []);
  const keys = [...new Set(kept)].map((quoted) => quoted.slice(1, -1));
  for (const { isForKeys, text } of texts) if (!isForKeys) for (const key of keys) assert.ok(!text.includes(key));
  assert.ok(texts.some(({ text }) => text.includes(serviceName('orders'))));
  return keys;
}

/** Locks, and files that are written beside what they replace, come and go while they are listed. */
function goneMeanwhile(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
}
