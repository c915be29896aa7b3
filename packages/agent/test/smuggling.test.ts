import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Duplex } from 'node:stream';
import { freePort } from '@themis-mesh/testkit';
import { dialPlain, listenPlain } from './raw.ts';
import { readStrictly, valuesIn, type StrictRequest } from './strict-http.ts';
import { TestHome } from './test-home.ts';

/**
 * What is sent, and what may come of it: the requests that the app sees, as `METHOD target body`, or none because it was
 * refused. Where two are given, the second begins where the one reading says so.
 */
interface Case {
  readonly name: string;
  readonly sent: string;
  readonly seen: readonly string[];
  /** What of it comes where no parser of Node's is on the way, if that differs. */
  readonly seenByOurs?: readonly string[];
}

const HOST = 'host: orders\r\n';
const EVIL = 'GET /evil HTTP/1.1\r\nhost: orders\r\n\r\n';
const post = (fields: string, body: string): string => `POST /a HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const get = (fields: string, target = '/a'): string => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const refused = (name: string, sent: string): Case => ({ name, sent, seen: [] });

const CASES: readonly Case[] = [
  // One reading.
  { name: 'a plain request', sent: get(''), seen: ['GET /a '] },
  { name: 'two in one packet', sent: get('') + get('', '/b'), seen: ['GET /a ', 'GET /b '] },
  { name: 'a length', sent: post('content-length: 3\r\n', 'abc'), seen: ['POST /a abc'] },
  { name: 'a length with zeros before it', sent: post('content-length: 003\r\n', 'abc'), seen: ['POST /a abc'] },
  { name: 'chunks', sent: post('transfer-encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'), seen: ['POST /a abc'] },
  { name: 'a chunk extension', sent: post('transfer-encoding: chunked\r\n', '3;a=b\r\nabc\r\n0\r\n\r\n'), seen: ['POST /a abc'] },
  { name: 'Chunked in capitals', sent: post('Transfer-Encoding: CHUNKED\r\n', '3\r\nabc\r\n0\r\n\r\n'), seen: ['POST /a abc'] },
  { name: 'a GET with a body', sent: get('content-length: 3\r\n') + 'abc', seen: ['GET /a abc'] },
  { name: 'a body that looks like a request', sent: post(`content-length: ${EVIL.length}\r\n`, EVIL), seen: [`POST /a ${EVIL}`] },
  { name: 'a POST that says no length', sent: post('', '') + get('', '/b'), seen: ['POST /a ', 'GET /b '] },
  { name: 'two spaces, which become one', sent: `GET  /a HTTP/1.1\r\n${HOST}\r\n`, seen: ['GET /a '], seenByOurs: [] },

  // Where does the body end?
  refused('both framings', post('content-length: 4\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('both framings, the other first', post('transfer-encoding: chunked\r\ncontent-length: 4\r\n', `0\r\n\r\n${EVIL}`)),
  refused('two lengths', post('content-length: 3\r\ncontent-length: 0\r\n', `abc${EVIL}`)),
  refused('two equal lengths', post('content-length: 3\r\ncontent-length: 3\r\n', 'abc')),
  refused('a list of lengths', post('content-length: 3, 3\r\n', 'abc')),
  refused('a signed length', post('content-length: +3\r\n', 'abc')),
  refused('a negative length', post('content-length: -3\r\n', 'abc')),
  refused('a hexadecimal length', post('content-length: 0x3\r\n', 'abc')),
  refused('a length with a space in it', post('content-length: 0 3\r\n', 'abc')),
  refused('a length beyond all measure', post('content-length: 99999999999999999999\r\n', 'abc')),
  refused('an empty length', post('content-length:\r\n', `${EVIL}`)),
  refused('two codings', post('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('chunked and identity', post('transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n', `0\r\n\r\n${EVIL}`)),
  refused('a list of codings', post('transfer-encoding: gzip, chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('chunked twice in a list', post('transfer-encoding: chunked, chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('an unknown coding', post('transfer-encoding: xchunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('identity', post('transfer-encoding: identity\r\n', EVIL)),
  refused('a coding behind a tab', post('transfer-encoding:\tchunked\x0b\r\n', `0\r\n\r\n${EVIL}`)),
  refused('a coding in quotes', post('transfer-encoding: "chunked"\r\n', `0\r\n\r\n${EVIL}`)),
  refused('a coding behind a comma', post('transfer-encoding: ,chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('a name with a space behind it', post('transfer-encoding : chunked\r\ncontent-length: 3\r\n', `abc${EVIL}`)),
  refused('a name with an underscore', post('transfer_encoding: chunked\r\ncontent-length: 3\r\n', 'abc')),
  refused('a length with an underscore', post('content_length: 0\r\ncontent-length: 3\r\n', 'abc')),
  refused('a length with a dot', post('content.length: 3\r\n', 'abc')),
  refused('a coding in HTTP/1.0', 'POST /a HTTP/1.0\r\nhost: orders\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n' + EVIL),
  refused('a length that Connection takes away', post('connection: content-length\r\ncontent-length: 3\r\n', `abc${EVIL}`)),
  refused(
    'a coding that Connection takes away',
    post('connection: transfer_encoding\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n`),
  ),
  refused('a host that Connection takes away', get('connection: close, Host\r\n')),

  // Chunks.
  refused('a chunk size in words', post('transfer-encoding: chunked\r\n', `zz\r\n0\r\n\r\n${EVIL}`)),
  refused('a negative chunk size', post('transfer-encoding: chunked\r\n', `-1\r\n0\r\n\r\n${EVIL}`)),
  refused('a chunk size with a prefix', post('transfer-encoding: chunked\r\n', `0x3\r\nabc\r\n0\r\n\r\n${EVIL}`)),
  refused(
    'a chunk size beyond all measure',
    post('transfer-encoding: chunked\r\n', `ffffffffffffffff3\r\nabc\r\n0\r\n\r\n${EVIL}`),
  ),
  refused('a chunk longer than its size', post('transfer-encoding: chunked\r\n', `2\r\nabc\r\n0\r\n\r\n${EVIL}`)),
  refused('a chunk that ends in a line feed', post('transfer-encoding: chunked\r\n', `3\r\nabc\n0\r\n\r\n${EVIL}`)),
  refused('a chunk size that ends in a line feed', post('transfer-encoding: chunked\r\n', `3\nabc\r\n0\r\n\r\n${EVIL}`)),
  refused('a line feed in a chunk extension', post('transfer-encoding: chunked\r\n', `3;a\nb\r\nabc\r\n0\r\n\r\n${EVIL}`)),

  // Lines.
  refused('bare line feeds', `GET /a HTTP/1.1\nhost: orders\n\n${EVIL}`),
  refused('a line feed in a value', get('x-a: b\nx-b: c\r\n')),
  refused('a carriage return in a value', get('x-a: b\rx-b: c\r\n')),
  refused('a folded line', get('x-a: b\r\n c\r\n')),
  refused('a folded coding', post('transfer-encoding:\r\n chunked\r\n', `0\r\n\r\n${EVIL}`)),
  refused('a folded first line', `GET /a HTTP/1.1\r\n host: orders\r\n\r\n`),
  refused('a NUL in a value', get('x-a: b\0c\r\n')),
  refused('a NUL in a name', get('x-\0a: b\r\n')),
  refused('a name with a space in it', get('x a: b\r\n')),
  refused('a name in parentheses', get('(x): b\r\n')),
  refused('a name with letters beyond ASCII', get('x-ä: b\r\n')),
  refused('a line without a colon', get('nothing\r\n')),
  refused('an empty name', get(': b\r\n')),

  // The first line.
  refused('a tab for a space', `GET\t/a HTTP/1.1\r\n${HOST}\r\n`),
  refused('no version', `GET /a\r\n${HOST}\r\n`),
  refused('HTTP/2.0', `GET /a HTTP/2.0\r\n${HOST}\r\n`),
  refused('HTTP/1.2', `GET /a HTTP/1.2\r\n${HOST}\r\n`),
  refused('HTTP/0.9', `GET /a HTTP/0.9\r\n${HOST}\r\n`),
  refused('a lower-case version', `GET /a http/1.1\r\n${HOST}\r\n`),
  refused('an absolute target', get('', 'http://other/a')),
  refused('a target without its slash', get('', 'a')),
  refused('a fragment', get('', '/a#b')),
  refused('a backslash', get('', '/a\\b')),
  refused('a letter beyond ASCII in the target', get('', '/ä')),
  refused('an asterisk with GET', get('', '*')),
  refused('CONNECT', `CONNECT other:80 HTTP/1.1\r\n${HOST}\r\n`),
  refused('an unknown method', `EVIL /a HTTP/1.1\r\n${HOST}\r\n`),

  // Whom for?
  refused('no host', 'GET /a HTTP/1.1\r\n\r\n'),
  refused('two hosts', get('host: other\r\n')),
  refused('two equal hosts', get('Host: orders\r\n')),
  refused('a list of hosts', `GET /a HTTP/1.1\r\nhost: orders, other\r\n\r\n`),
  refused('a host with a path', `GET /a HTTP/1.1\r\nhost: orders/b\r\n\r\n`),
  refused('a host with a user', `GET /a HTTP/1.1\r\nhost: other@orders\r\n\r\n`),
  refused('a host with an underscore for a name', get('ho_st: x\r\nh-o: y\r\nHOST_: z\r\nhost: b\r\n')),

  // Numbers.
  refused('more fields than Node shows by default', get(Array.from({ length: 2500 }, (_, i) => `a${i}:\r\n`).join(''))),
  refused('a length behind more fields than are counted', post(`${'a:\r\n'.repeat(2100)}content-length: 3\r\n`, 'abc')),
  refused('201 fields', get('x-a: b\r\n'.repeat(200))),
  refused('a head without end', get(`x-a: ${'b'.repeat(70_000)}\r\n`)),
];

/** An app that answers whatever it gets, and keeps the bytes of each connection apart. */
async function listenForEvidence(home: TestHome): Promise<{ readonly port: number; take(): StrictRequest[] }> {
  let connections: Buffer[][] = [];
  const port = await listenPlain(home, (socket) => {
    const chunks: Buffer[] = [];
    connections.push(chunks);
    let answered = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      for (const count = readStrictly(Buffer.concat(chunks)).length; answered < count; answered += 1) {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
        socket.end();
      }
    });
  });
  const take = (): StrictRequest[] => {
    const found = connections.flatMap((chunks) => readStrictly(Buffer.concat(chunks)));
    connections = [];
    return found;
  };
  return { port, take };
}

for (const [way, open] of [
  ['the mesh', async (home: TestHome, mesh: number): Promise<Duplex> => (await home.channel('web', mesh)).socket],
  ['the ingress', async (_: TestHome, __: number, ingress: number): Promise<Duplex> => dialPlain(ingress)],
  ['a forwarded port', async (_: TestHome, __: number, ___: number, local: number): Promise<Duplex> => dialPlain(local)],
] as const) {
  test(`a request through ${way} has one meaning, or is refused`, async (t) => {
    await using home = await TestHome.create('orders', 'web');
    const app = await listenForEvidence(home);
    const { ports } = await home.sidecar('orders', { port: String(app.port), ingress: '127.0.0.1:0' });
    const local = await freePort();
    const idle = await home.serve((_, response) => response.end());
    await home.sidecar('web', { port: String(idle), forward: [`${local}=http:orders`] });
    for (const { name, sent, seen: seenByMost, seenByOurs = seenByMost } of CASES) {
      const seen = way === 'a forwarded port' ? seenByOurs : seenByMost;
      await t.test(name, async () => {
        const socket = await open(home, ports.mesh.port, ports.ingress?.port ?? 0, local);
        // A last request that is fine tells when everything before it was dealt with, where the connection is kept.
        socket.write(Buffer.from(sent + get('connection: close\r\n', '/last'), 'latin1'));
        const answers = await untilClosed(socket);
        const requests = app.take();
        const meant = requests.filter(({ target }) => target !== '/last');
        assert.deepEqual(
          meant.map(({ method, target, body }) => `${method} ${target} ${body}`),
          seen,
        );
        for (const request of requests) {
          assert.equal(valuesIn(request, 'host').length, 1);
          assert.ok(!valuesIn(request, 'x-themis-caller').some((caller) => caller !== 'web'));
        }
        if (seen.length === 0) {
          assert.equal(requests.length, 0, 'nothing behind a refused request is carried out');
          assert.match(answers, /^HTTP\/1\.1 (?:4\d\d|501|505) /);
        }
      });
    }
  });
}

async function untilClosed(socket: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}
