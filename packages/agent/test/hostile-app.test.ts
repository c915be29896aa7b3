import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '@themis-mesh/testkit';
import { dialPlain, listenPlain, readAll } from './raw.ts';
import { TestHome } from './test-home.ts';

const WELL = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

/** What an app, or a host outside the mesh, may answer to `GET /hostile`. */
const ANSWERS: Readonly<Record<string, string>> = {
  'early hints that are no links': `HTTP/1.1 103 Early Hints\r\nlink: </a>; rel="\r\n\r\n${WELL}`,
  'early hints without any': `HTTP/1.1 103 Early Hints\r\n\r\n${WELL}`,
  'early hints that take long to read': `HTTP/1.1 103 Early Hints\r\nlink: <a>;${'='.repeat(15_000)}"\r\n\r\n${WELL}`,
  'a protocol that nobody asked for':
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nbytes',
  'an interim status of no meaning': `HTTP/1.1 199 Huh\r\n\r\n${WELL}`,
  'a status below 100': 'HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n',
  'a status of 999': 'HTTP/1.1 999 High\r\ncontent-length: 0\r\n\r\n',
  'a reason in Latin-1': 'HTTP/1.1 200 \xc0\xe9\r\ncontent-length: 0\r\n\r\n',
  'a value in Latin-1': 'HTTP/1.1 200 OK\r\nx-name: \xc0\xe9\r\ncontent-length: 0\r\n\r\n',
  'a value with a control character': 'HTTP/1.1 200 OK\r\nx-name: a\x01b\r\ncontent-length: 0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\nhello',
  'a length and chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a body where there is none': 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello',
  'trailers of every kind': `${CHUNKED}0\r\ncontent-length: 7\r\nx-themis-caller: web\r\nx-a: \xc0\r\n__proto__: x\r\n\r\n`,
  'an answer to nobody behind its own': `${WELL}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`,
  'names that objects have': 'HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\ntoString: c\r\ncontent-length: 0\r\n\r\n',
  'no HTTP at all': 'SSH-2.0-OpenSSH_9.2\r\n',
  nothing: '',
};

for (const [what, answer] of Object.entries(ANSWERS)) {
  test(`an app that answers with ${what} ends one request at the most`, async () => {
    await using home = await TestHome.create('orders', 'web');
    const port = await listenPlain(home, (socket) => {
      socket.once('data', (bytes: Buffer) => {
        const isHostile = bytes.toString('latin1').startsWith('GET /hostile');
        socket.end(isHostile ? answer : 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwell', 'latin1');
      });
    });
    const { ports } = await home.sidecar('orders', { port: String(port), ingress: '0' });
    const web = await home.join('web');
    const began = performance.now();
    const outcome = await within(
      web.fetch('http://orders/hostile').then((response) => response.text()),
      'an answer',
    ).catch(String);
    assert.ok(performance.now() - began < 2000, `it took ${performance.now() - began} ms`);
    assert.doesNotMatch(outcome, /evil|waited/);
    const socket = await dialPlain(ports.ingress?.port ?? 0);
    socket.write('GET /hostile HTTP/1.1\r\nhost: orders\r\n\r\nGET / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n');
    const seen = (await readAll(socket)).toString('latin1');
    assert.doesNotMatch(seen, /HTTP\/1\.1 101|evil/);
    assert.equal(await (await web.fetch('http://orders/')).text(), 'well');
  });
}
