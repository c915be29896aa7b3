import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, waitFor } from '@themis-mesh/testkit';
import { AgentProcess } from './agent-process.ts';
import { echo, proxyOf, run } from './proxy-bed.ts';
import { dialPlain, readUntil } from './raw.ts';
import { TestHome } from './test-home.ts';

/** Programs that nobody here wrote, as they are installed. */
const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const PYTHON = { skip: has('python3') ? false : 'python3 is not installed' };
const CURL = { skip: has('curl') ? false : 'curl is not installed' };

test("Python's http.server is a service", PYTHON, async () => {
  await using home = await TestHome.create('files', 'web');
  const folder = join(home.path, 'www');
  await mkdir(folder);
  await writeFile(join(folder, 'hello.txt'), 'hello from a file\n');
  const port = await freePort();
  const command = ['python3', '-u', '-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', folder];
  const agent = await AgentProcess.start(home, 'files', { port: String(port) }, command).ready();
  const web = await home.join('web');
  for (let index = 0; index < 5; index += 1) {
    const answer = await web.fetch('http://files/hello.txt');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('server') ?? '', /^SimpleHTTP/);
    assert.equal(await answer.text(), 'hello from a file\n');
  }
  assert.equal((await web.fetch('http://files/none')).status, 404);
  agent.child.kill('SIGTERM');
  assert.equal(await agent.status(), 143);
});

test('a plain server of node:http is a service', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await freePort();
  const source = `require('node:http').createServer((q, s) => s.end(q.headers['x-themis-caller'])).listen(${port})`;
  const agent = await AgentProcess.start(home, 'orders', { port: String(port) }, [process.execPath, '-e', source]).ready();
  const web = await home.join('web');
  assert.equal(await (await web.fetch('http://orders/')).text(), 'web');
  // It listens on every address, as Node's servers do unless told otherwise.
  const said = 'the app listens beyond loopback: whoever reaches it there goes past the mesh';
  if (process.platform === 'linux') await waitFor(() => agent.line(said)?.['level'] === 'warn');
});

async function echoBehind(home: TestHome): Promise<void> {
  const port = await home.serve((request, response) => {
    request.resume();
    request.on('end', () => response.end(echo(request)));
  });
  await home.sidecar('orders', { port: String(port) });
}

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

test('curl finds the proxy in its environment', CURL, async () => {
  await using home = await TestHome.create('orders', 'web');
  await echoBehind(home);
  const { environment } = await proxyOf(home);
  const { out, status } = await run(
    'curl',
    ['-sS', '--fail', '-d', 'body', 'http://orders.mesh.internal/from/curl?x=1'],
    environment,
  );
  assert.equal(status, 0);
  const seen = JSON.parse(out) as Seen;
  assert.equal(seen.url, '/from/curl?x=1');
  assert.equal(seen.headers['x-themis-caller'], 'web');

  const denied = await run('curl', ['-sS', 'http://example.org/'], environment);
  assert.match(denied.out, /THEMIS_EGRESS_DENIED/);
  const tunnel = await run('curl', ['-sS', 'https://example.org/'], environment);
  assert.match(tunnel.err, /403/);
  const forged = await run('curl', ['-sS', '-H', 'X-Themis-Caller: admin', 'http://orders.mesh.internal/'], environment);
  assert.equal((JSON.parse(forged.out) as Seen).headers['x-themis-caller'], 'web');
});

test('curl speaks through a tunnel when told to', CURL, async () => {
  await using home = await TestHome.create('orders', 'web');
  await echoBehind(home);
  const { environment } = await proxyOf(home);
  const { out } = await run('curl', ['-sS', '--proxytunnel', 'http://orders.mesh.internal/t'], environment);
  assert.equal((JSON.parse(out) as Seen).headers['x-themis-caller'], 'web');
});

test("Python's urllib finds the proxy in its environment", PYTHON, async () => {
  await using home = await TestHome.create('orders', 'web');
  await echoBehind(home);
  const { environment } = await proxyOf(home);
  const source = `import urllib.request; print(urllib.request.urlopen('http://orders.mesh.internal/py').read().decode())`;
  const { out, err } = await run('python3', ['-c', source], environment);
  assert.equal(err, '');
  assert.equal((JSON.parse(out) as Seen).headers['x-themis-caller'], 'web');
});

test("Node's fetch and http find the proxy in their environment", async () => {
  await using home = await TestHome.create('orders', 'web');
  await echoBehind(home);
  const { environment } = await proxyOf(home);
  const source = `
    const first = await (await fetch('http://orders.mesh.internal/fetch', { method: 'POST', body: 'x'.repeat(100000) })).json();
    const http = await import('node:http');
    const second = await new Promise((resolve, reject) => http.get('http://orders.mesh.internal/get', async (answer) => {
      resolve(JSON.parse(Buffer.concat(await answer.toArray()).toString()));
    }).on('error', reject));
    console.log(JSON.stringify([first, second]));`;
  const { out, err } = await run(process.execPath, ['--input-type=module', '-e', source], environment);
  assert.equal(err, '');
  const seen = JSON.parse(out) as Seen[];
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/fetch', '/get'],
  );
  assert.deepEqual(
    seen.map(({ headers }) => headers['x-themis-caller']),
    ['web', 'web'],
  );
});

test('a raw TCP service in Python is reached by a forward', PYTHON, async () => {
  await using home = await TestHome.create('db', 'web');
  const port = await freePort();
  const source = `
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', ${port}), Echo).serve_forever()`;
  await AgentProcess.start(home, 'db', { port: String(port), protocol: 'tcp' }, ['python3', '-c', source]).ready();
  const local = await freePort();
  await proxyOf(home, { forward: [`${local}=db`] });
  const socket = await dialPlain(local);
  socket.write('select 1\n');
  assert.equal(await readUntil(socket, '\n'), 'SELECT 1\n');
  socket.destroy();
});
