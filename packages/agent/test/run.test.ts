import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { freePort, waitFor, within } from '@themis-mesh/testkit';
import { AGENT, AgentProcess } from './agent-process.ts';

import { TestHome } from './test-home.ts';

/** A program that listens, and then does what its source says. */
async function program(
  body: string,
): Promise<{ readonly flags: { readonly port: string }; readonly command: readonly string[] }> {
  const port = await freePort();
  const source = `const http = require('node:http');
    const server = http.createServer((q, s) => typeof handle === 'function' ? handle(q, s) : s.end('ok')).listen(${port}, '127.0.0.1');
    ${body}`;
  return { flags: { port: String(port) }, command: [process.execPath, '-e', source] };
}

test("the program's status is the sidecar's", async () => {
  await using home = await TestHome.create('orders');
  for (const [body, expected] of [
    ['setTimeout(() => process.exit(7), 300)', 7],
    ['setTimeout(() => process.exit(0), 300)', 0],
    ["setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300)", 137],
    ["setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300)", 143],
  ] as const) {
    const { flags, command } = await program(body);
    assert.equal(await AgentProcess.start(home, 'orders', flags, command).status(), expected, body);
  }
});

test('a program that ends before it answers ends its sidecar with its status', async () => {
  await using home = await TestHome.create('orders');
  const agent = AgentProcess.start(home, 'orders', { port: String(await freePort()) }, [
    process.execPath,
    '-e',
    'process.exit(3)',
  ]);
  assert.equal(await agent.status(), 3);
  assert.equal(agent.line('ready'), undefined);
});

test('a program that is not there is named', async () => {
  await using home = await TestHome.create('orders');
  const agent = AgentProcess.start(home, 'orders', { port: String(await freePort()) }, ['no-such-program']);
  assert.equal(await agent.status(), 70);
  assert.match(agent.err, /The program to run was not found: no-such-program: ENOENT/);
});

test('a program that never answers is ended, and that is said', async () => {
  await using home = await TestHome.create('orders');
  const port = await freePort();
  const command = [
    process.execPath,
    '-e',
    "process.on('exit', () => console.log('ended')); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0))",
  ];
  const agent = AgentProcess.start(home, 'orders', { port: String(port), wait: '1' }, command);
  assert.equal(await agent.status(), 70);
  assert.match(agent.err, new RegExp(`does not answer on its port: port ${port}, for 1 s`));
  await waitFor(() => agent.out.includes('ended'), 'the program to be ended');
});

test('a port that somebody else holds is not served', async () => {
  await using home = await TestHome.create('orders');
  const port = await home.serve((_, response) => response.end('somebody else'));
  const agent = AgentProcess.start(home, 'orders', { port: String(port) }, [process.execPath, '-e', '']);
  assert.equal(await agent.status(), 70);
  assert.match(agent.err, /already in use/);
});

test('a health path is asked until it answers well', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { flags, command } = await program(`
    const start = Date.now();
    function handle(q, s) { s.statusCode = q.url === '/health' && Date.now() - start < 700 ? 503 : 200; s.end(String(Date.now() - start)); }`);
  const agent = await AgentProcess.start(home, 'orders', { ...flags, health: '/health' }, command).ready();
  const web = await home.join('web');
  assert.ok(Number(await (await web.fetch('http://orders/')).text()) >= 700);
  assert.ok(agent.line('ready'));
});

test('signals reach the program', { skip: process.platform === 'win32' ? 'there are no signals' : false }, async () => {
  await using home = await TestHome.create('orders');
  const { flags, command } = await program(`
    for (const name of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGQUIT']) process.on(name, () => console.log(name));
    process.on('SIGINT', () => { console.log('SIGINT'); process.exit(9); });`);
  const agent = await AgentProcess.start(home, 'orders', flags, command).ready();
  for (const name of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGQUIT'] as const) {
    agent.child.kill(name);
    await waitFor(() => agent.out.includes(name), name);
  }
  agent.child.kill('SIGINT');
  assert.equal(await agent.status(), 9);
  assert.match(agent.out, /SIGINT/);
});

test('what is under way ends before the program is asked to', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { flags, command } = await program(`
    function handle(q, s) { if (q.url === '/slow') setTimeout(() => s.end('done'), 700); else s.end('ok'); console.log(q.url); }
    process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });`);
  const agent = await AgentProcess.start(home, 'orders', flags, command).ready();
  const web = await home.join('web');
  const slow = web.fetch('http://orders/slow').then((answer) => answer.text());
  await waitFor(() => agent.out.includes('/slow'), 'the request to arrive');
  agent.child.kill('SIGTERM');
  assert.equal(await slow, 'done');
  assert.equal(await agent.status(), 0);
  assert.ok(agent.out.indexOf('asked to end') > agent.out.indexOf('/slow'));
  await assert.rejects(web.fetch('http://orders/'));
});

test('while it stops, requests that come are served or definitely not', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { flags, command } = await program(`function handle(q, s) { setTimeout(() => s.end('ok'), 20); }`);
  const agent = await AgentProcess.start(home, 'orders', flags, command).ready();
  const web = await home.join('web');
  const outcomes = { ok: 0, refused: 0, other: [] as unknown[] };
  let stopping = false;
  const callers = Array.from({ length: 4 }, async () => {
    while (outcomes.refused < 4) {
      try {
        const answer = await web.fetch('http://orders/');
        if ((await answer.text()) === 'ok') outcomes.ok += 1;
        else outcomes.other.push(answer.status);
      } catch (error) {
        if (stopping && error instanceof Error && /No running instance|No connection/.test(error.message)) outcomes.refused += 1;
        else outcomes.other.push(error);
      }
      if (outcomes.other.length > 0) return;
    }
  });
  await waitFor(() => outcomes.ok > 20, 'some requests');
  stopping = true;
  agent.child.kill('SIGTERM');
  await within(Promise.all(callers), 'the callers');
  assert.deepEqual(outcomes.other, []);
  await agent.status();
});

test('a program that will not end is killed when its time is over', async () => {
  await using home = await TestHome.create('orders');
  const { flags, command } = await program(`process.on('SIGTERM', () => console.log('no'));`);
  const agent = await AgentProcess.start(home, 'orders', { ...flags, drain: '1' }, command).ready();
  agent.child.kill('SIGTERM');
  assert.equal(await agent.status(), 137);
  assert.match(agent.out, /no/);
});

test('who asks twice waits for nothing', async () => {
  await using home = await TestHome.create('orders');
  const { flags, command } = await program(`process.on('SIGTERM', () => console.log('no'));`);
  const agent = await AgentProcess.start(home, 'orders', { ...flags, drain: '60' }, command).ready();
  agent.child.kill('SIGTERM');
  await waitFor(() => agent.out.includes('no'), 'the first signal to arrive');
  agent.child.kill('SIGTERM');
  assert.equal(await agent.status(), 137);
});

test('without a command it serves what somebody else started, and probes tell how it is', async () => {
  await using home = await TestHome.create('orders', 'web');
  let healthy = true;
  const port = await home.serve((request, response) => {
    response.statusCode = request.url === '/health' && !healthy ? 500 : 200;
    response.end('ok');
  });
  const probe = await freePort();
  const agent = await AgentProcess.start(
    home,
    'orders',
    { port: String(port), probe: String(probe), health: '/health' },
    [],
  ).ready();
  const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${probe}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask('/livez'), [200, '{"status":"live"}\n']);
  assert.deepEqual(await ask('/readyz'), [200, '{"status":"ready"}\n']);
  healthy = false;
  const [status, body] = await ask('/readyz');
  assert.equal(status, 503);
  assert.match(body, new RegExp(`"reasons":\\["the app does not answer on port ${port}"\\]`));
  assert.equal((await ask('/livez'))[0], 200);
  assert.equal((await ask('/readyz/../livez?x=/livez'))[0], 404);
  assert.equal((await ask('/livez', 'POST'))[0], 405);
  const web = await home.join('web');
  assert.equal(await (await web.fetch('http://orders/')).text(), 'ok');
  agent.child.kill('SIGTERM');
  assert.equal(await agent.status(), 0);
});

test('the program gets the proxy, and nothing that would lead past it', async () => {
  await using home = await TestHome.create('orders');
  const { flags, command } = await program(`console.log(JSON.stringify(process.env)); setTimeout(() => process.exit(0), 500)`);
  const around = { ALL_PROXY: 'http://elsewhere', no_proxy: '*', THEMIS_PASSPHRASE_FILE: '', KEPT: 'yes' };
  delete (around as Record<string, string>)['THEMIS_PASSPHRASE_FILE'];
  const agent = AgentProcess.start(home, 'orders', flags, command, around);
  await agent.status();
  const environment = JSON.parse(agent.out) as Record<string, string>;
  const proxy = environment['http_proxy'] ?? '';
  assert.match(proxy, /^http:\/\/themis:[A-Za-z0-9_-]{43}@127\.0\.0\.1:\d+$/);
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'https_proxy', 'THEMIS_PROXY']) assert.equal(environment[name], proxy);
  assert.equal(environment['no_proxy'], '127.0.0.1,localhost,::1');
  assert.equal(environment['NODE_USE_ENV_PROXY'], '1');
  assert.equal(environment['THEMIS_SERVICE'], 'orders');
  assert.equal(environment['ALL_PROXY'], undefined);
  assert.equal(environment['KEPT'], 'yes');
  assert.ok(!agent.err.includes(new URL(proxy).password), 'the log holds no credential');

  const without = await program(`console.log(JSON.stringify(process.env)); setTimeout(() => process.exit(0), 300)`);
  const plain = AgentProcess.start(home, 'orders', { ...without.flags, proxy: false }, without.command);
  await plain.status();
  assert.equal((JSON.parse(plain.out) as Record<string, string>)['http_proxy'], process.env['http_proxy']);
});

/** Whether this user may make a PID namespace of its own. */
function whyNoNamespace(): string | false {
  try {
    execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'unshare --pid is not possible here';
  }
}

test(
  'as process 1 it reaps orphans, passes signals on, and gives the status of its program',
  { skip: whyNoNamespace() },
  async () => {
    await using home = await TestHome.create('orders');
    // Its grandchildren become orphans at once, and end a little later.
    const { flags, command } = await program(`
    const { spawn } = require('node:child_process');
    for (let i = 0; i < 5; i += 1) spawn('/bin/sh', ['-c', 'sleep 0.2 & sleep 0.3 & exit 0'], { stdio: 'ignore' });
    process.stdin.on('data', (data) => console.log('read ' + data));
    const { readdirSync, readFileSync } = require('node:fs');
    const read = (path) => { try { return readFileSync(path, 'latin1'); } catch { return ''; } };
    process.on('SIGUSR2', () => {
      const stats = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map((pid) => read('/proc/' + pid + '/stat'));
      const zombies = stats.filter((stat) => /\\) Z /.test(stat)).length;
      const sleeping = stats.filter((stat) => /\\(sleep\\) [^Z]/.test(stat)).length;
      console.log(JSON.stringify({ sleeping, zombies, first: read('/proc/1/comm').trim() }));
    });
    process.on('SIGTERM', () => process.exit(42));
    console.log('pid ' + process.pid);`);
    const args = [
      '--pid',
      '--fork',
      '--mount-proc',
      process.execPath,
      ...AGENT,
      'orders',
      JSON.stringify({ home: home.path, ...flags }),
      ...command,
    ];
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const agent = new AgentProcess(child);
    await agent.ready();
    await waitFor(() => agent.out.includes('pid '), 'the program');
    const first = namespaceRoot(child.pid ?? 0);
    home.onEnd(() => child.exitCode ?? process.kill(first, 'SIGKILL'));
    child.stdin.write('input\n');
    await waitFor(() => agent.out.includes('read input'), 'standard input to be passed on');
    // All ten have been handed to process 1, and have ended.
    await waitFor(() => {
      process.kill(first, 'SIGUSR2');
      return agent.out.includes('{"sleeping":0,"zombies":0,"first":"sh"}');
    }, 'no zombie to be left');
    process.kill(first, 'SIGTERM');
    assert.equal(await agent.status(), 42);
  },
);

/** The process outside that is process 1 inside. */
function namespaceRoot(unshare: number): number {
  return Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'latin1').trim().split(' ')[0]);
}
