import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const PROGRAM = `
import { createServer } from 'node:net';
import { PlainAgent } from './src/http/plain-agent.ts';
import { PlainUpstream } from './src/http/plain-upstream.ts';
const server = createServer((socket) => {
  socket.on('data', () => socket.end('HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n'));
});
server.listen(0, '127.0.0.1', async () => {
  const place = () => ({ host: '127.0.0.1', port: server.address().port });
  const upstream = new PlainUpstream({ place, agent: new PlainAgent(), unreachable: 'THEMIS_NOT_READY', brokenOff: 'THEMIS_APP_BROKE_OFF' });
  const request = { method: 'GET', path: '/', fields: ['host', 'a'], body: undefined, signal: new AbortController().signal, onInformation() {} };
  console.log(await upstream.send(request).then(() => 'taken', (error) => error.code));
  process.exit();
});
`;

test('no option of the command line or the environment makes answers be read leniently', () => {
  for (const [args, options] of [
    [['--insecure-http-parser'], undefined],
    [[], '--insecure-http-parser'],
  ] as const) {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', ...args, '-C', 'themis-source', '--input-type=module-typescript', '--eval', PROGRAM],
      { cwd: new URL('..', import.meta.url), env: { ...process.env, NODE_OPTIONS: options }, encoding: 'utf8' },
    );
    assert.equal(stdout.trim(), 'THEMIS_APP_BROKE_OFF', stderr);
  }
});
