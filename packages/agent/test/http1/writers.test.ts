import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { lastChunk, writeChunk } from '../../src/http1/chunks.ts';
import { HttpFault } from '../../src/http1/http-fault.ts';
import { onwardFields, onwardTrailers } from '../../src/http1/onward.ts';
import { requireRequest, tunnelFields } from '../../src/http1/tunnel-fields.ts';
import { requestHeadText, responseHeadText } from '../../src/http1/write-head.ts';
import { readRequests } from './transcript.ts';

const HOST = ['host', 'orders'];

test('a request is written as it is read', () => {
  const text = requestHeadText({ method: 'POST', path: '/a?b', fields: [...HOST, 'x-a', 'b \xe4'], framing: 3 });
  assert.equal(text, 'POST /a?b HTTP/1.1\r\nhost: orders\r\nx-a: b \xe4\r\ncontent-length: 3\r\n\r\n');
  assert.match(
    requestHeadText({ method: 'PUT', path: '/', fields: HOST, framing: 'chunked' }),
    /\r\ntransfer-encoding: chunked\r\n\r\n$/,
  );
  assert.match(requestHeadText({ method: 'POST', path: '/', fields: HOST, framing: 0 }), /\r\ncontent-length: 0\r\n\r\n$/);
  assert.doesNotMatch(requestHeadText({ method: 'GET', path: '/', fields: HOST, framing: 0 }), /content-length/);
});

test('a response is written as it is read', () => {
  assert.equal(
    responseHeadText({ status: 200, fields: ['x-a', ''], framing: 3 }),
    'HTTP/1.1 200 OK\r\nx-a: \r\ncontent-length: 3\r\n\r\n',
  );
  assert.equal(responseHeadText({ status: 204, fields: [], framing: 'none' }), 'HTTP/1.1 204 No Content\r\n\r\n');
  assert.equal(responseHeadText({ status: 799, fields: [], framing: 'close' }), 'HTTP/1.1 799 \r\n\r\n');
});

test('nothing is written that would be read in another way', () => {
  const good = { method: 'GET', path: '/', fields: HOST, framing: 0 } as const;
  const bad: readonly Partial<Parameters<typeof requestHeadText>[0]>[] = [
    { method: 'get' },
    { method: 'GET / HTTP/1.1\r\nx-a:' },
    { method: 'CONNECT' },
    { method: '' },
    { path: '' },
    { path: 'a' },
    { path: '*' },
    { path: '/a b' },
    { path: '/a\r\nx-a: b' },
    { path: '/a#b' },
    { path: 'http://other/' },
    ...['content-length', 'transfer-encoding', 'content_length', 'X-Upper', '', 'x a', 'x:a', 'x\r\na'].map((name) => ({
      fields: [name, '3'],
    })),
    ...['b\r\nx-b: c', 'b\n', '\r', '\0', '\x7f', '\u0100', '\u010d\u010ax: y'].map((value) => ({ fields: ['x-a', value] })),
  ];
  for (const change of bad) assert.throws(() => requestHeadText({ ...good, ...change }), HttpFault, JSON.stringify(change));
  for (const status of [99, 1000, 200.5, NaN])
    assert.throws(() => responseHeadText({ status, fields: [], framing: 0 }), HttpFault);
  assert.throws(() => lastChunk(['x-a', 'b\r\n\r\nGET / HTTP/1.1']), HttpFault);
});

test('a body is written in chunks of any size, and read again', async () => {
  for (const sizes of [[1], [1, 2, 3], [8192], [8193], [100_000, 1]]) {
    const to = new PassThrough();
    const body = sizes.map((size, index) => Buffer.alloc(size, 97 + index));
    to.write(requestHeadText({ method: 'POST', path: '/', fields: HOST, framing: 'chunked' }), 'latin1');
    for (const part of body) writeChunk(to, part);
    to.end(lastChunk(['x-sum', '1']), 'latin1');
    const { messages, fault } = readRequests([await buffer(to)]);
    assert.equal(fault, undefined);
    assert.equal(messages[0]?.body, Buffer.concat(body).toString());
    assert.deepEqual(messages[0].trailers, ['x-sum', '1']);
  }
});

test('what is for the next hop alone, and who calls, is not passed on', () => {
  const fields = [
    'Connection: keep-alive, X-Hop, close\r\nX-Hop: 1\r\nx-kept: 2\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n',
    'Upgrade: websocket\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nproxy-x: y\r\n',
    'X-Themis-Caller: admin\r\nX_Themis_Caller: admin\r\nx.forwarded.client.cert: By=x\r\nX-Forwarded-Client-Cert: By=x\r\n',
  ];
  const trailers = 'x-sum: 1\r\ncontent-length: 9\r\nX-Themis-Caller: admin\r\nhost: x\r\nauthorization: y\r\nconnection: z\r\n';
  const text = `POST / HTTP/1.1\r\nhost: orders\r\n${fields.join('')}\r\n0\r\n${trailers}\r\n`;
  const { messages, fault } = readRequests([Buffer.from(text)]);
  const [message] = messages;
  assert.equal(fault, undefined);
  assert.ok(message !== undefined);
  assert.deepEqual(onwardFields(message.head), ['host', 'orders', 'x-kept', '2']);
  assert.deepEqual(onwardTrailers(tunnelFields(message.trailers)), ['x-sum', '1']);
});
test('what comes through a tunnel is judged as if it had come as HTTP/1.1', () => {
  for (const name of ['X-Upper', '', 'x a', 'content_length', 'transfer.encoding'])
    assert.throws(() => tunnelFields(['host', 'a', name, '3']), HttpFault, name);
  assert.throws(() => tunnelFields(Array.from({ length: 402 }, () => 'x-a')), HttpFault);
  assert.deepEqual(tunnelFields(['host', 'a', 'x-a', 'b']).fields, ['host', 'a', 'x-a', 'b']);
  const good = { method: 'GET', path: '/a?b', host: 'orders' };
  requireRequest(good);
  requireRequest({ ...good, method: 'OPTIONS', path: '*' });
  for (const bad of [
    { method: 'EVIL' },
    { method: 'get' },
    { path: '*' },
    { path: '/a#b' },
    { path: '/a\\b' },
    { host: 'a/b' },
    { host: 'a, b' },
  ])
    assert.throws(() => requireRequest({ ...good, ...bad }), HttpFault, JSON.stringify(bad));
});
