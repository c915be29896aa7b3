import type { Ask, Scripted } from './transcript.ts';

/** One exchange to hold the mesh against plain HTTP. */
export interface Case {
  readonly ask?: Ask;
  readonly serve: Scripted;
  /** Node tells of the end of what it throws away when it has read it, which may be sooner or later than the answer's close. */
  readonly isOrderFree?: boolean;
}

const later = (run: () => void): void => void setTimeout(run, 20);

/** By what they are about. */
export const CASES: Readonly<Record<string, Case>> = {
  'a short text': { serve: (_, response) => response.end('hello') },
  'nothing at all': { serve: (_, response) => response.end() },
  'head and body by hand': {
    serve: (_, response) => response.writeHead(201, 'Made', { 'content-type': 'text/plain', 'x-a': '1' }).end('made'),
  },
  'a length that was declared': {
    serve: (_, response) => {
      response.setHeader('content-length', 6);
      response.write('abc');
      response.end('def');
    },
  },
  'pieces that come later': {
    serve: (_, response) => {
      response.write('one;');
      later(() => {
        response.write('two;');
        later(() => response.end('three'));
      });
    },
  },
  'a head that is flushed first': {
    serve: (_, response) => {
      response.setHeader('x-first', 'yes');
      response.flushHeaders();
      later(() => response.end('body'));
    },
  },
  'buffers, encodings and callbacks': {
    serve: (_, response, note) => {
      response.write(Buffer.from([0xff, 0x00, 0x41]), () => note('written'));
      response.write('c3a9', 'hex');
      response.end('é', 'latin1', () => note('ended'));
    },
  },
  'fields of several values': {
    serve: (_, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('x-list', ['1', '2']);
      response.appendHeader('x-more', 'a');
      response.appendHeader('x-more', 'b');
      response.end();
    },
  },
  'fields that are removed and looked up': {
    serve: (_, response, note) => {
      response.setHeader('X-Gone', '1');
      response.removeHeader('x-gone');
      response.setHeaders(new Headers({ 'x-set': 'by headers' }));
      note(JSON.stringify([response.getHeaderNames(), response.hasHeader('x-set'), response.getHeader('x-set')]));
      response.end();
    },
  },
  'a head after the head': {
    serve: (_, response, note) => {
      response.end('over');
      try {
        response.setHeader('x-late', '1');
      } catch (error) {
        note((error as NodeJS.ErrnoException).code ?? '');
      }
    },
  },
  'a write after the end': {
    serve: (_, response, note) => {
      response.end('over');
      response.write('more', (error) => note(`write ${(error as NodeJS.ErrnoException | null)?.code}`));
    },
  },
  'an end after the end': {
    serve: (_, response, note) => {
      response.end('over');
      response.end(() => note('ended again'));
    },
  },
  '204': { serve: (_, response) => response.writeHead(204).end() },
  '304': { serve: (_, response) => response.writeHead(304, { etag: '"x"' }).end() },
  '404 with a body': { serve: (_, response) => response.writeHead(404).end('nowhere') },
  '500 with a reason of its own': { serve: (_, response) => response.writeHead(500, 'Oh No').end() },
  'HEAD, with a body that is not sent': {
    ask: { method: 'HEAD' },
    serve: (_, response) => {
      response.setHeader('content-length', 5);
      response.end('hello');
    },
  },
  'trailers of the answer': {
    serve: (_, response) => {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '4' });
      response.end();
    },
  },
  'trailers of the request': {
    ask: { method: 'POST', headers: ['trailer', 'x-sum'], body: ['abc', 'def'], trailers: [['x-sum', '6']] },
    serve: (request, response) => {
      request.resume();
      request.on('end', () => response.end(JSON.stringify([request.trailers, request.rawTrailers])));
    },
  },
  'a body that is echoed': {
    ask: { method: 'POST', headers: ['content-type', 'text/plain'], body: ['one;', 'two;', 'three'] },
    serve: (request, response) => request.pipe(response),
  },
  'a body with async iteration': {
    ask: { method: 'PUT', body: ['one;', 'two'] },
    serve: (request, response) => {
      void (async () => {
        let all = '';
        for await (const chunk of request) all += String(chunk);
        response.end(all);
      })();
    },
  },
  'a body that nobody reads': {
    ask: { method: 'POST', body: ['unread'] },
    isOrderFree: true,
    serve: (_, response) => later(() => response.end('answered')),
  },
  'a POST without a body': {
    ask: { method: 'POST', headers: ['content-length', '0'] },
    serve: (request, response) => {
      request.resume();
      request.on('end', () => response.end('empty'));
    },
  },
  'interim answers': {
    serve: (_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      later(() => response.end('last'));
    },
  },
  'fields as Node joins them': {
    ask: { headers: ['Cookie', 'a=1', 'cookie', 'b=2', 'X-A', '1', 'x-a', '2', 'user-agent', 'one', 'x-empty', ''] },
    serve: ({ headers, headersDistinct }, response) => {
      const { host: _host, connection: _connection, ...rest } = headers;
      response.end(JSON.stringify([rest, headersDistinct['x-a']]));
    },
  },
  'a path with a query': {
    ask: { path: '/a/b?c=d&e=%20f' },
    serve: ({ url }, response) => response.end(url),
  },
  'a method of its own': {
    ask: { method: 'PROPFIND', headers: ['content-length', '0'] },
    serve: ({ method }, response) => response.end(method),
  },
  'OPTIONS *': { ask: { method: 'OPTIONS', path: '*' }, serve: ({ url }, response) => response.end(url) },
  'an answer that is destroyed before its head': { serve: (_, response) => later(() => response.destroy()) },
  'an answer that is destroyed in its middle': {
    serve: (_, response) => {
      response.write('begun;');
      later(() => response.destroy());
    },
  },
  'an answer whose socket is destroyed': {
    serve: (request, response) => {
      response.write('begun;');
      later(() => request.socket.destroy());
    },
  },
  'a caller that leaves before the answer': {
    ask: { leavesAfter: 0 },
    serve: (request) => void request.resume(),
  },
  'a caller that leaves in the middle of the answer': {
    ask: { leavesAfter: 6 },
    serve: (_, response) => void response.write('begun;'),
  },
  'what is asked of the response': {
    serve: (_, response, note) => {
      const look = (): void =>
        note(
          JSON.stringify([
            response.headersSent,
            response.writableEnded,
            response.writableFinished,
            response.finished,
            response.statusCode,
            response.writableNeedDrain,
          ]),
        );
      look();
      response.statusCode = 202;
      response.write('x');
      look();
      response.end();
      look();
    },
  },
  'a text that is sent by pipe': {
    serve: (_, response) => {
      void import('node:stream').then(({ Readable }) => Readable.from(['a', 'b', 'c']).pipe(response));
    },
  },
  'corked writes': {
    serve: (_, response) => {
      response.cork();
      response.write('a');
      response.write('b');
      response.uncork();
      response.end('c');
    },
  },
  'fields of a large size': {
    ask: { headers: ['x-large', 'y'.repeat(8000)] },
    serve: (request, response) => {
      response.setHeader('x-back', String(request.headers['x-large']));
      response.end(String(String(request.headers['x-large']).length));
    },
  },
  'bytes beyond ASCII in fields': {
    ask: { headers: ['x-latin', 'caf\xe9'] },
    serve: (request, response) => {
      response.setHeader('x-back', String(request.headers['x-latin']));
      response.end();
    },
  },
};
