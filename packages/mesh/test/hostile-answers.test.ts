import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@themis-mesh/core';
import { waitFor } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { onRequest } from './raw-requests.ts';
import { serviceName, TestHome } from './test-home.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

interface Case {
  readonly name: string;
  readonly answer: string;
  readonly code: ErrorCode;
  /** Whether it is the reading of the body that fails. */
  readonly late?: boolean;
}

const MALFORMED = 'THEMIS_ANSWER_MALFORMED';
const LOST = 'THEMIS_CONNECTION_LOST';

const CASES: readonly Case[] = [
  { name: 'garbage', answer: '\x00\x01garbage\r\n\r\n', code: MALFORMED },
  { name: 'another protocol', answer: 'SSH-2.0-OpenSSH_9.6\r\n', code: MALFORMED },
  { name: 'two lengths', answer: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!', code: MALFORMED },
  {
    name: 'a length and a transfer coding',
    answer: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    code: MALFORMED,
  },
  { name: 'a negative length', answer: 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', code: MALFORMED },
  { name: 'a NUL in a field', answer: 'HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  { name: 'a space before the colon', answer: 'HTTP/1.1 200 OK\r\nx : a\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  { name: 'a folded field', answer: 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  { name: 'HTTP/3.9', answer: 'HTTP/3.9 200 OK\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  { name: 'fields of 100 KiB', answer: `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(102_400)}\r\n\r\n`, code: MALFORMED },
  { name: 'status 999', answer: 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  { name: 'status 600', answer: 'HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n', code: MALFORMED },
  {
    name: 'an upgrade that nobody asked for',
    answer: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\nbytes',
    code: MALFORMED,
  },
  { name: 'nothing at all', answer: '', code: LOST },
  { name: 'half a head', answer: 'HTTP/1.1 200 OK\r\nconte', code: LOST },
  { name: 'half a body', answer: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', code: LOST, late: true },
  { name: 'half a chunk', answer: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhalf', code: LOST, late: true },
  {
    name: 'a chunk without a size',
    answer: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n',
    code: MALFORMED,
    late: true,
  },
];

test('a member that speaks garbage is told by a code, and nothing of it is believed', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  let answer = '';
  let asked = 0;
  await home.serveRaw('payments', ({ socket }) => {
    onRequest(socket, () => {
      asked += 1;
      socket.end(Buffer.from(answer, 'latin1'));
    });
  });
  const web = await home.join('web');
  for (const { name, answer: bytes, code, late } of CASES) {
    await t.test(name, async () => {
      answer = bytes;
      asked = 0;
      const call = web.fetch('https://payments/', { method: 'POST', body: 'x' });
      await rejectsWith(late === true ? call.then((response) => response.text()) : call, code);
      assert.equal(asked, 1, 'a POST is asked once');
    });
  }
  await t.test('and it goes on with whoever speaks HTTP', async () => {
    answer = OK;
    assert.equal(await (await web.fetch('https://payments/')).text(), 'ok');
  });
});

test('interim answers without end are passed over, and an old kind of answer is read to its end', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serveRaw('payments', ({ socket }) => {
    onRequest(socket, (head) => {
      if (head.startsWith('GET /old')) socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end');
      else socket.write(`${'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(500)}${OK}`);
    });
  });
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/hints')).text(), 'ok');
  assert.equal(await (await web.fetch('https://payments/old')).text(), 'until the end');
});

test('bytes that nobody asked for are never taken for an answer', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const poison = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison';
  let channels = 0;
  let ended = 0;
  await home.serveRaw('payments', ({ socket }) => {
    channels += 1;
    socket.once('close', () => (ended += 1));
    onRequest(socket, (head) => {
      if (head.startsWith('GET /at-once')) socket.write(OK + poison);
      else if (head.startsWith('GET /later')) socket.write(OK, () => setTimeout(() => socket.write(poison), 30));
      else socket.write(OK);
    });
  });
  const web = await home.join('web');
  for (const path of ['/at-once', '/later']) {
    await t.test(path, async () => {
      const before = { channels, ended };
      assert.equal(await (await web.fetch(`https://payments${path}`)).text(), 'ok');
      await waitFor(() => ended > before.ended, 'the poisoned connection to be ended');
      for (let call = 0; call < 3; call += 1) assert.equal(await (await web.fetch('https://payments/next')).text(), 'ok');
      assert.ok(channels > before.channels, 'the poisoned connection was not used again');
    });
  }
});

test('an upgrade that was asked for is handed on, with its first bytes', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serveRaw('payments', ({ socket }) => {
    onRequest(socket, (head) => {
      assert.match(head, /upgrade: other/);
      socket.removeAllListeners('data');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\nfirst');
      socket.on('data', (chunk: Buffer) => socket.end(`<${chunk.toString()}>`));
    });
  });
  const web = await home.join('web');
  const headers = ['connection', 'upgrade', 'upgrade', 'other'];
  const { message, upgraded } = await web.send({ service: serviceName('payments'), method: 'GET', path: '/', headers });
  assert.equal(message.statusCode, 101);
  assert.ok(upgraded);
  upgraded.socket.write('mine');
  let text = upgraded.head.toString();
  for await (const chunk of upgraded.socket) text += String(chunk);
  assert.equal(text, 'first<mine>');
});
