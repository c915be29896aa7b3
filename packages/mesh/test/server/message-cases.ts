import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ask, echo, type ServerCase } from './server-case.ts';

const CASES: readonly ServerCase[] = [
  {
    name: 'a body of a known length',
    listener: (_, response) => response.end('hello'),
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /hello/),
  },
  {
    name: 'a body in chunks',
    listener: (_, response) => {
      response.write('one');
      response.write('two');
      response.end();
    },
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /0\r\n\r\n/),
  },
  {
    name: 'trailers',
    listener: (_, response) => {
      response.writeHead(200, { trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers({ 'X-Sum': '4' });
      response.end();
    },
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n', /X-Sum: 4\r\n\r\n/),
  },
  {
    name: 'fields as they are written',
    listener: (_, response) => {
      response.writeHead(299, 'Fine', ['X-A', '1', 'x-a', '2', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Length', '0']);
      response.end();
    },
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /\r\n\r\n/),
  },
  {
    name: 'HEAD',
    listener: (_, response) => response.writeHead(200, { 'Content-Length': '5' }).end('hello'),
    play: (talk) => ask(talk, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', /\r\n\r\n/),
  },
  {
    name: '204 and 304',
    listener: (request, response) => response.writeHead(request.url === '/4' ? 304 : 204).end(),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /204[^]*?\r\n\r\n/);
      await ask(talk, 'GET /4 HTTP/1.1\r\nHost: a\r\n\r\n', /304[^]*?\r\n\r\n/);
    },
  },
  {
    name: 'interim answers',
    listener: (_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('final');
    },
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /final/),
  },
  {
    name: 'a request body of a known length',
    listener: echo,
    play: (talk) => ask(talk, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', /POST hello/),
  },
  {
    name: 'a request body in chunks, with trailers',
    listener: echo,
    play: (talk) =>
      ask(
        talk,
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n',
        /POST hello.*X-Sum/,
      ),
  },
  {
    name: 'a request that comes byte by byte',
    listener: echo,
    play: async (talk) => {
      for (const byte of 'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc') {
        talk.say(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await talk.hear(/POST abc/);
    },
  },
  {
    name: 'several requests on one connection',
    listener: echo,
    play: async (talk) => {
      for (let index = 1; index <= 3; index += 1)
        await ask(talk, `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`, new RegExp(`GET .*/${index}`));
    },
  },
  {
    name: 'pipelined requests, answered in their order',
    listener: (request, response) => {
      const wait = request.url === '/1' ? 30 : 0;
      setTimeout(() => response.end(`answer to ${request.url}`), wait);
    },
    play: async (talk) => {
      talk.say(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
      await talk.hear(/answer to/, 3);
    },
  },
  {
    name: 'a pipelined request after a body',
    listener: echo,
    play: async (talk) => {
      talk.say('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      await talk.hear(/\/2/);
    },
  },
  {
    name: 'Expect: 100-continue',
    listener: echo,
    play: async (talk) => {
      await ask(talk, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n', /100 Continue/);
      await ask(talk, 'abc', /POST abc/);
    },
  },
  {
    name: 'Expect: 100-continue, heard and refused',
    prepare: (server) => server.on('checkContinue', (_, response: ServerResponse) => response.writeHead(417).end()),
    play: (talk) =>
      ask(talk, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n', /417[^]*\r\n\r\n/),
  },
  {
    name: 'Expect: 100-continue, heard and passed on',
    listener: echo,
    prepare: (server) =>
      server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        response.writeContinue();
        server.emit('request', request, response);
      }),
    play: async (talk) => {
      await ask(talk, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n', /100 Continue/);
      await ask(talk, 'abc', /POST abc/);
    },
  },
  {
    name: 'another expectation',
    listener: echo,
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n', /417[^]*\r\n\r\n/),
  },
  {
    name: 'another expectation, heard',
    prepare: (server) => server.on('checkExpectation', (_, response: ServerResponse) => response.end('expected')),
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n', /expected/),
  },
  {
    name: 'OPTIONS *, odd methods',
    listener: echo,
    play: async (talk) => {
      await ask(talk, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', /OPTIONS .*\*/);
      await ask(talk, 'PROPFIND /d HTTP/1.1\r\nHost: a\r\n\r\n', /PROPFIND .*\/d/);
    },
  },
  {
    name: 'repeated fields',
    options: { joinDuplicateHeaders: true },
    listener: (request, response) => response.end(JSON.stringify([request.headers, request.rawHeaders])),
    play: (talk) =>
      ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n__proto__: c\r\n\r\n', /\]\]/),
  },
  {
    name: 'a head that is too large',
    listener: echo,
    options: { maxHeaderSize: 1000 },
    play: async (talk) => {
      await ask(talk, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(2000)}\r\n\r\n`, /431/);
      await talk.over();
    },
  },
  {
    name: 'a clientError that is heard',
    prepare: (server, log) =>
      server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
        log.note(`clientError ${error.code}`);
        socket.end('HTTP/1.1 400 Mine\r\n\r\n');
      }),
    play: async (talk) => {
      await ask(talk, 'nonsense\r\n\r\n', /400 Mine/);
      await talk.over();
    },
  },
];

/** Requests and answers. */
export function messageCases(): readonly ServerCase[] {
  return CASES;
}
