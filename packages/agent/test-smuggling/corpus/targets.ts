import { hidden, pairs, type Case, type Place, type Sent } from './case.ts';

/** First lines, `@` for the target, which are none. */
const BAD_LINES = [
  ...[
    'GET\t@ HTTP/1.1',
    'GET @\tHTTP/1.1',
    'GET  @ HTTP/1.1\0',
    'GET @',
    'GET @ ',
    'GET @ HTTP/2.0',
    'GET @ HTTP/1.2',
    'GET @ HTTP/0.9',
  ],
  ...[
    'GET @ http/1.1',
    'GET @ HTTP/1.1 x',
    'GET @ HTTP/11',
    'GET @ HTTP/1',
    'GET @ HTTP/1.1.1',
    'GET @ HTTP/01.1',
    'GET @ HTTP/+1.1',
  ],
  ...['GET @ HTTPS/1.1', 'GET @ ICE/1.0', 'GET @x y HTTP/1.1', 'GET @\0 HTTP/1.1', 'GET @\x0b HTTP/1.1', 'GET @\x7f HTTP/1.1'],
  ...[
    'GET @#x HTTP/1.1',
    'GET @\\x HTTP/1.1',
    'GET @ä HTTP/1.1',
    'get @ HTTP/1.1',
    'Get @ HTTP/1.1',
    'EVIL @ HTTP/1.1',
    'G\0ET @ HTTP/1.1',
  ],
  ...[
    ' GET @ HTTP/1.1',
    '\tGET @ HTTP/1.1',
    '\0GET @ HTTP/1.1',
    'GET@ HTTP/1.1',
    '@ HTTP/1.1',
    'HTTP/1.1 200 OK',
    'GET @ HTTP/1.1\r',
    'PRI * HTTP/2.0',
  ],
  ...['GET @\r\n HTTP/1.1', 'GET\r\n @ HTTP/1.1', 'GET @ HTTP/1.1\n', 'GET @ HTTP/1.1\r\n ', 'GET @\rHTTP/1.1'],
  ...[
    'GET HTTP/1.1',
    'GET  HTTP/1.1',
    '\r\n\r\nGET',
    '"GET" @ HTTP/1.1',
    'GET,POST @ HTTP/1.1',
    'GET/POST @ HTTP/1.1',
    'GET: @ HTTP/1.1',
  ],
];

/** What stands behind the path in good targets. */
const GOOD_TAILS = [
  '',
  '?',
  '?a=b',
  '/',
  '//',
  '/.',
  '/..',
  '/../x',
  '/%2e%2e',
  '%00',
  '%0d%0a',
  '?a=%0d%0aHost:x',
  ';x=y',
  '"',
  "'",
  '|',
  '{}',
  '<>',
  '^',
  '`',
  '%',
  '?http://x/',
];

/** Targets of other forms, with what a server would take for its path; none is for a server. */
const OTHER_TARGETS = [
  '*',
  'x',
  '?x',
  'http:/x',
  'http:///x',
  'https://a/x',
  'HTTPS://a/x',
  'a:80',
  '@a/x',
  'http://a@b/x',
  'http://a b/x',
  'http://a\\b/x',
  'http://[::1/x',
  'http://a:b/x',
  'ftp://a/x',
  'http://a,b/x',
  'javascript:x',
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'REPORT'];

const BAD_HOSTS = [
  ...['', 'host: a\r\nhost: b', 'host: @\r\nhost: @', 'Host: @\r\nHOST: other', 'host: @, other', 'host: @/x', 'host: @ other'],
  ...[
    'host: @\0',
    'host: \0@',
    'host: @#x',
    'host: @?x',
    'host: @\\x',
    'host : @',
    'host\t: @',
    ' host: @',
    'host: @\r\n other',
    'host: @\r\n\tother',
  ],
  ...[
    'host: @\nhost: other',
    'host: @\rhost: other',
    'ho_st: x\r\nhost',
    'host: http://@/',
    'host: @:x',
    'host: @:80:80',
    'host: @:999999',
    'host: [::1',
  ],
  ...[
    'host: ::1',
    'host: @\x0b',
    'host: @\xa0',
    'host: "@"',
    'host: <@>',
    'host: @|x',
    'host: @^',
    'host: {@}',
    'host\0: @',
    'host: @\thost: x',
    'host=@',
  ],
];

export function* targets(): Generator<Case> {
  for (const [line, isBehind] of pairs(BAD_LINES, [true, false]))
    yield {
      name: `the first line ${JSON.stringify(line)}${isBehind ? '' : ' with a body'}`,
      send: (place) => {
        const first = line.replace('@', () => place.target('main'));
        return { bytes: `${first}\r\n${place.lines}${isBehind ? '\r\n' : 'content-length: 3\r\n\r\nabc'}${hidden(place)}` };
      },
    };
  for (const [tail, method] of pairs(GOOD_TAILS, ['GET', 'POST']))
    yield { name: `${method} with the target …${tail}`, send: (place) => good(place, method, `main${tail}`) };
  for (const [method, version] of pairs(METHODS, ['1.1', '1.0']))
    yield { name: `${method} of HTTP/${version}`, send: (place) => good(place, method, 'main', version) };
  for (const [target, method] of pairs(OTHER_TARGETS, ['GET', 'POST']))
    yield {
      name: `${method} with the target ${target}`,
      send: (place) => ({ bytes: `${method} ${target} HTTP/1.1\r\n${place.lines}content-length: 0\r\n\r\n${hidden(place)}` }),
    };
  for (const [host, method] of pairs(BAD_HOSTS, ['GET', 'POST']))
    yield {
      name: `${method} with ${JSON.stringify(host)} for its host`,
      send: (place) => {
        const named = `${host.replaceAll('@', place.host)}${host === '' ? '' : '\r\n'}`;
        const lines = place.lines.replace(/host: .*\r\n/, () => named);
        return { bytes: `${method} ${place.target('main')} HTTP/1.1\r\n${lines}content-length: 0\r\n\r\n${hidden(place)}` };
      },
    };
  for (const [host, method] of pairs(['other', 'localhost:1', '', '127.0.0.1'], ['GET', 'POST', 'PUT']))
    yield {
      name: `${method} in absolute form, and another host: ${host}`,
      send: (place) => {
        const lines = place.lines.replace(/host: .*\r\n/, () => `host: ${host}\r\n`);
        const bytes = `${method} http://${place.host}${place.path('main')} HTTP/1.1\r\n${lines}content-length: 0\r\n\r\n`;
        // Only a proxy is asked like that, and the target alone counts (RFC 9112 section 3.2.2).
        return place.isProxy
          ? { bytes, means: { method, path: place.path('main'), body: '' } }
          : { bytes: bytes + hidden(place) };
      },
    };
}

function good(place: Place, method: string, name: string, version = '1.1'): Sent {
  const lines = ['POST', 'PUT', 'PATCH'].includes(method) ? `${place.lines}content-length: 0\r\n` : place.lines;
  const bytes = `${method} ${place.target(name)} HTTP/${version}\r\n${lines}\r\n`;
  return {
    bytes,
    means: { method, path: place.path(name), body: '' },
    isPlain: name === 'main' && version === '1.1' && method !== 'TRACE',
  };
}
