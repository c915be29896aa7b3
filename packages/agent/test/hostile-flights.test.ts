import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { within } from '@themis-mesh/testkit';
import { dialPlain, listenPlain } from './raw.ts';
import { TestHome } from './test-home.ts';

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'DELETE', 'TRACE', 'FOO'];
const FIELDS = [
  'connection: upgrade\r\nupgrade: websocket\r\n',
  'connection: close\r\n',
  'expect: 100-continue\r\n',
  'expect: weird\r\n',
  'te: trailers\r\n',
  'content-length: 3\r\n',
  'content-length: 0\r\n',
  'transfer-encoding: chunked\r\n',
  'connection: keep-alive, te\r\n',
  'upgrade: h2c\r\nconnection: upgrade, http2-settings\r\n',
  'host: other\r\n',
];
const BODIES = ['', 'abc', '3\r\nabc\r\n0\r\n\r\n', '3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n', 'zz\r\n', '5\r\nab'];
const HOSTS = [
  'orders.mesh.internal',
  'orders.mesh.internal:80',
  'nobody.mesh.internal',
  'localhost:1',
  'web.mesh.internal:5432',
];
const ANSWERS = [
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  'HTTP/1.1 204 No\r\n\r\n',
  'HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nxx',
  'HTTP/1.1 103 E\r\nlink: <a>; rel=x\r\n\r\n',
  'HTTP/1.1 100 C\r\n\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\nuntil it closes',
  'garbage\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort',
  'HTTP/1.0 200 OK\r\n\r\nold',
];

const request = fc.record({
  method: fc.constantFrom(...METHODS),
  host: fc.constantFrom(...HOSTS),
  form: fc.constantFrom('origin', 'absolute', 'asterisk'),
  version: fc.constantFrom('1.1', '1.1', '1.0'),
  shows: fc.boolean(),
  fields: fc.array(fc.constantFrom(...FIELDS), { maxLength: 3 }),
  body: fc.constantFrom(...BODIES),
});
type RequestWish = typeof request extends fc.Arbitrary<infer T> ? T : never;

const flight = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 4 }),
  answers: fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 3 }),
  answersEnd: fc.boolean(),
  keeps: fc.integer({ min: 1, max: 100 }),
  way: fc.constantFrom('proxy' as const, 'ingress' as const),
  end: fc.constantFrom('end' as const, 'destroy' as const, 'reset' as const),
});

test('whatever is sent in one flight, and whatever the app answers, the sidecar serves on', async () => {
  await using home = await TestHome.create('orders', 'web');
  let answers: { readonly texts: readonly string[]; readonly end: boolean } = { texts: [], end: false };
  const port = await listenPlain(home, (socket) => {
    socket.on('data', () => {
      for (const text of answers.texts) socket.write(text);
      if (answers.end) socket.end();
    });
  });
  const { sidecar, ports } = await home.sidecar('orders', { port: String(port), ingress: '0' });
  const { username, password } = new URL(sidecar.environment({})['http_proxy'] ?? '');
  const credential = `proxy-authorization: Basic ${btoa(`${username}:${password}`)}\r\n`;

  const textOf = ({ method, host, form, version, shows, fields, body }: RequestWish): string => {
    const target = method === 'CONNECT' ? host : { origin: '/a?b', absolute: `http://${host}/a`, asterisk: '*' }[form];
    return `${method} ${target} HTTP/${version}\r\nhost: ${host}\r\n${shows ? credential : ''}${fields.join('')}\r\n${body}`;
  };
  await fc.assert(
    fc.asyncProperty(flight, async ({ requests, answers: texts, answersEnd, keeps, way, end }) => {
      answers = { texts, end: answersEnd };
      const socket = await dialPlain((way === 'proxy' ? ports.proxy : ports.ingress?.port) ?? 0);
      socket.on('error', () => undefined);
      const bytes = requests.map(textOf).join('');
      socket.write(bytes.slice(0, Math.ceil((bytes.length * keeps) / 100)));
      await Promise.race([once(socket, 'data'), once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 5))]);
      if (end === 'end') socket.end();
      if (end === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
    }),
    { numRuns: 400 },
  );
  answers = { texts: ['HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwell'], end: true };
  const web = await home.join('web');
  assert.equal(
    await within(
      web.fetch('http://orders/').then((response) => response.text()),
      'an answer',
    ),
    'well',
  );
});
