import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ask, closed, echo, type ServerCase } from './server-case.ts';

const CASES: readonly ServerCase[] = [
  {
    name: 'Connection: close',
    listener: (_, response) => response.end('bye'),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /bye/);
      await talk.over();
    },
  },
  {
    name: 'a listener that closes',
    listener: (_, response) => response.setHeader('Connection', 'close').end('bye'),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /bye/);
      await talk.over();
    },
  },
  {
    name: 'HTTP/1.0',
    listener: (_, response) => {
      response.write('to the ');
      response.end('end');
    },
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.0\r\n\r\n', /end/);
      await talk.over();
    },
  },
  {
    name: 'HTTP/1.0 kept alive',
    listener: (_, response) => response.setHeader('Content-Length', '4').end('kept'),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', /kept/);
      await ask(talk, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', /kept/, 2);
    },
  },
  {
    name: 'an upgrade',
    prepare: (server) =>
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`);
        socket.write(`head ${head.toString()};`);
        socket.on('data', (chunk: Buffer) => socket.end(`data ${chunk.toString()};`));
      }),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nfirst', /head first;/);
      await ask(talk, 'second', /data second;/);
      await talk.over();
    },
  },
  {
    name: 'an upgrade that nobody heeds',
    listener: echo,
    play: (talk) => ask(talk, 'GET /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n', /GET .*\/u/),
  },
  {
    name: 'CONNECT',
    prepare: (server) =>
      server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.end(`HTTP/1.1 200 OK\r\n\r\n${request.url} ${head.toString()}`);
      }),
    play: async (talk) => {
      await ask(talk, 'CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\nfirst', /b:80 first/);
      await talk.over();
    },
  },
  {
    name: 'CONNECT that nobody heeds',
    play: async (talk) => {
      talk.say('CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n');
      await talk.over();
    },
  },
  {
    name: 'a head that does not come',
    options: { headersTimeout: 60, requestTimeout: 60, connectionsCheckingInterval: 20 },
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHo', /408/);
      await talk.over();
    },
  },
  {
    name: 'a body that does not come',
    options: { headersTimeout: 60, requestTimeout: 80, connectionsCheckingInterval: 20 },
    listener: (request) => void request.on('error', () => undefined),
    play: async (talk) => {
      await ask(talk, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc', /408/);
      await talk.over();
    },
  },
  {
    name: 'a connection that is kept for a while',
    options: { keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 },
    listener: (_, response) => response.end('kept'),
    play: async (talk) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /kept/);
      await talk.over();
    },
  },
  {
    name: 'a connection that is idle for too long',
    prepare: (server, log) =>
      server.setTimeout(50, (socket) => {
        log.note('timed out');
        socket.destroy();
      }),
    play: (talk) => talk.over(),
  },
  {
    name: 'a response that is idle for too long',
    listener: (_, response) => void response.setTimeout(50, () => response.end('late')),
    play: (talk) => ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /late/),
  },
  {
    name: 'as many requests as one connection may carry',
    listener: echo,
    prepare: (server) => void (server.maxRequestsPerSocket = 2),
    play: async (talk) => {
      talk.say(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
      await talk.hear(/503 Service Unavailable[^]*\r\n\r\n/);
    },
  },
  {
    name: 'a listener that cuts the connection',
    listener: (request) => void request.socket.destroy(),
    play: async (talk) => {
      talk.say('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await talk.over();
    },
  },
  {
    name: 'a caller that goes before the answer',
    prepare: (server, log) =>
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        request.on('aborted', () => log.note('aborted'));
        request.on('error', (error: NodeJS.ErrnoException) => log.note(`request ${error.code}`));
        request.on('close', () => log.note('request closed'));
        response.on('close', () => log.note(`response closed, ${response.writableFinished ? 'finished' : 'cut off'}`));
        request.resume();
        log.note('asked');
      }),
    play: async (talk, _, log) => {
      talk.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc');
      await log.noted('asked');
      talk.leave();
      await log.noted('response closed');
    },
  },
  {
    name: 'a caller that says nothing more after its request',
    listener: (_, response) => response.end('answered'),
    play: async (talk) => {
      talk.say('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await talk.hear(/answered/);
      talk.finish();
      await talk.over();
    },
  },
  {
    name: 'closeAllConnections',
    listener: (_, response) => void response.write('begun'),
    play: async (talk, server) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /begun/);
      server.closeAllConnections();
      await talk.over();
    },
  },
  {
    name: 'closeIdleConnections',
    listener: (_, response) => response.end('done'),
    play: async (talk, server) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /done/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      server.closeIdleConnections();
      await talk.over();
    },
  },
  {
    name: 'close, with an idle connection',
    listener: (_, response) => response.end('done'),
    play: async (talk, server, log) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /done/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await closed(server, log);
      await talk.over();
    },
  },
  {
    name: 'close, with an upgraded connection, which ends when it wants',
    prepare: (server) =>
      server.on('upgrade', (_, socket: Duplex) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
        socket.on('data', () => socket.end('over'));
      }),
    play: async (talk, server, log) => {
      await ask(talk, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n', /101/);
      const done = closed(server, log);
      await ask(talk, 'end', /over/);
      talk.finish();
      await done;
    },
  },
];

/** How connections are kept, handed on, timed out and closed. */
export function connectionCases(): readonly ServerCase[] {
  return CASES;
}
