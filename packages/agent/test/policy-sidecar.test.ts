import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, waitFor } from '@themis-mesh/testkit';
import { AgentProcess } from './agent-process.ts';

import { TestHome } from './test-home.ts';

/** A program that is not ours, and says which path it read, as it stands and decoded. */
const PROGRAM = `
import http.server, sys, urllib.parse
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = (self.path + ' ' + urllib.parse.unquote(self.path)).encode()
        self.send_response(200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Echo).serve_forever()
`;

const policy = (port: number): string => `default: members
rules:
  - {name: no-admin, action: deny, paths: [/admin/**], ports: [${port}]}
  - {name: watch, action: deny, mode: audit, paths: [/old/**]}
`;

test('a policy in a file decides on the path that the program reads, and a change is in force within a second', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await freePort();
  const policyFile = join(home.path, 'policy.yaml');
  await writeFile(policyFile, policy(port));
  const agent = AgentProcess.start(home, 'orders', { port: String(port), policyFile }, ['python3', '-c', PROGRAM, String(port)]);
  await agent.ready();
  const web = await home.join('web');
  const get = async (path: string): Promise<readonly [number, string]> => {
    const answer = await web.fetch(`http://orders${path}`);
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await get('/a%20b%2B?q=/../x'), [200, '/a%20b%2B?q=/../x /a b+?q=/../x']);
  assert.deepEqual(await get('/%6fld/x'), [200, '/old/x /old/x']);
  for (const path of ['/admin', '/admin/x', '/%61dmin', '/admin?x']) {
    const [status, body] = await get(path);
    assert.ok(status === 403 && body.includes('"refusal":"policy-denied"'), `${path}: ${body}`);
  }
  for (const path of ['//admin', '/admin%2f', '/;/admin', '/%2561dmin']) assert.equal((await get(path))[0], 400, path);
  const line = await waitFor(() => agent.lines.find(({ rule }) => rule === 'no-admin'), 'the refusal in the log');
  const { message, policy: by, refusal, caller, method, path } = line;
  assert.deepEqual(
    [message, by, refusal, caller, method, path],
    ['request refused', 'service:orders', 'policy-denied', 'web', 'GET', '/admin'],
  );
  assert.ok(agent.lines.some(({ message: said, rule }) => said === 'request would be refused' && rule === 'watch'));

  const begin = performance.now();
  await writeFile(policyFile, `${policy(port)}  - {name: stop, action: deny, paths: [/stop]}\n`);
  await waitFor(async () => (await get('/stop'))[0] === 403, 'the new rule to be in force');
  assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`);
  await writeFile(policyFile, 'default: nobody\n');
  await waitFor(() => agent.line('the policy is no good, and the one before stays'), 'the mistake in the log');
  assert.equal((await get('/stop'))[0], 403);
});
