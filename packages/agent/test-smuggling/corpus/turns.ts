import { hidden, pairs, request, type Case } from './case.ts';

/** Expectations, other protocols, old versions, tunnels, and heads beyond all measure. */
export function* turns(): Generator<Case> {
  const bodies = {
    'a length': ['content-length: 3\r\n', 'abc'],
    chunks: ['transfer-encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'],
  } as const;
  for (const [[expected, [kind, [fields, sent]]], method] of pairs(pairs(EXPECTED, Object.entries(bodies)), [
    'POST',
    'PUT',
    'GET',
  ]))
    yield {
      name: `${method} with ${kind}, which expects ${JSON.stringify(expected)}`,
      send: (place) => request(place, { method, fields: `expect: ${expected}\r\n${fields}`, sent, body: 'abc' }),
    };
  for (const expected of EXPECTED)
    yield {
      name: `no body, and expects ${JSON.stringify(expected)}`,
      send: (place) => request(place, { method: 'GET', fields: `expect: ${expected}\r\n`, body: '' }),
    };
  for (const [[fields, [kind, [framed, sent]]], method] of pairs(pairs(UPGRADES, Object.entries(bodies)), ['POST', 'GET']))
    yield {
      name: `${method} with ${kind} that asks for ${JSON.stringify(fields)}`,
      send: (place) => request(place, { method, fields: fields + framed, sent, body: 'abc' }),
    };
  for (const fields of UPGRADES)
    yield {
      name: `GET that asks for ${JSON.stringify(fields)}`,
      send: (place) => request(place, { method: 'GET', fields, body: '' }),
    };
  for (const [fields, method] of pairs(OLD, ['POST', 'GET']))
    yield {
      name: `${method} in HTTP/1.0 with ${JSON.stringify(fields)}`,
      send: (place) => ({
        bytes: `${method} ${place.target('main')} HTTP/1.0\r\n${place.lines}${fields}\r\n0\r\n\r\n${hidden(place)}`,
      }),
    };
  for (const [fields, target] of pairs(
    ['', 'content-length: 3\r\n', 'transfer-encoding: chunked\r\n', 'content-length: 0\r\n'],
    TUNNELS,
  ))
    yield {
      name: `CONNECT ${target} with ${JSON.stringify(fields)} and a request at once`,
      send: (place) => ({ bytes: `CONNECT ${target} HTTP/1.1\r\n${place.lines}${fields}\r\n${hidden(place)}` }),
    };
  for (const [kind, head] of Object.entries(HUGE))
    yield { name: kind, send: (place) => request(place, { fields: head, sent: `abc${hidden(place)}` }) };
  for (const [size, method] of pairs([100, 4000, 7000], ['GET', 'POST']))
    yield {
      name: `${method} with a value of ${size} bytes`,
      send: (place) =>
        request(place, { method, fields: `x-a: ${'b'.repeat(size)}\r\ncontent-length: 0\r\n`, body: '', isPlain: true }),
    };
  for (const [size, kind] of pairs([1, 1024, 70_000, 300_000], ['a length', 'chunks']))
    yield {
      name: `a body of ${size} bytes with ${kind}`,
      send: (place) => {
        const body = hidden(place)
          .repeat(1 + size / 50)
          .slice(0, size);
        return kind === 'a length'
          ? request(place, { fields: `content-length: ${size}\r\n`, sent: body, body, isPlain: true })
          : request(place, { fields: CHUNKED, sent: `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`, body, isPlain: true });
      },
    };
  for (const [bytes, method] of pairs(['', '\r\n'], ['GET', 'POST']))
    yield {
      name: `${method} with ${JSON.stringify(bytes)} before it`,
      send: (place) => {
        const sent = request(place, { method, fields: 'content-length: 0\r\n', body: '' });
        return { ...sent, bytes: bytes + sent.bytes };
      },
    };
  for (const rubbish of RUBBISH)
    yield {
      name: `${JSON.stringify(rubbish.slice(0, 20))} and no request`,
      send: (place) => ({ bytes: rubbish + hidden(place) }),
    };
  for (const cut of [1, 5, 20, 40, 60])
    yield {
      name: `a request that ends after ${cut} bytes`,
      send: (place) => ({ bytes: request(place, { fields: 'content-length: 3\r\n' }).bytes.slice(0, cut), isUnfinished: true }),
    };
  for (const sent of [
    '',
    'ab',
    '3\r\nab',
    '3\r\nabc',
    '3\r\nabc\r\n',
    '3\r\nabc\r\n0\r\n',
    '3\r\nabc\r\n0',
    '3\r\nabc\r\n0\r\nx: y\r\n',
    '3',
    '3\r',
  ])
    yield {
      name: `chunks that end behind ${JSON.stringify(sent)}`,
      send: (place) => request(place, { fields: CHUNKED, sent, isUnfinished: true }),
    };
  for (const sent of ['', 'a', 'ab'])
    yield {
      name: `a body that ends behind ${JSON.stringify(sent)}`,
      send: (place) => request(place, { fields: 'content-length: 3\r\n', sent, isUnfinished: true }),
    };
}

const CHUNKED = 'transfer-encoding: chunked\r\n';

const EXPECTED = [
  '100-continue',
  '100-Continue',
  '100-continue, x',
  'x',
  '',
  '200-ok',
  '100-continue\r\nexpect: 100-continue',
  '100-continue=1',
];

const UPGRADES = [
  ...[
    'connection: upgrade\r\nupgrade: websocket\r\n',
    'upgrade: websocket\r\n',
    'connection: upgrade\r\nupgrade: x\r\n',
    'connection: upgrade\r\n',
  ],
  'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n',
  'connection: upgrade\r\nupgrade: TLS/1.0\r\n',
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 777\r\nsec-websocket-key: x\r\n',
  'connection: upgrade\r\nupgrade: websocket, h2c\r\n',
];

const OLD = [
  ...[
    'transfer-encoding: chunked\r\n',
    'transfer-encoding: chunked\r\ncontent-length: 5\r\n',
    'connection: keep-alive\r\ntransfer-encoding: chunked\r\n',
  ],
  ...[
    'transfer-encoding: identity\r\n',
    'content-length: 5\r\ntransfer-encoding: chunked\r\n',
    'content-length: +5\r\n',
    'content-length: 5, 5\r\n',
  ],
];

const TUNNELS = ['other:80', 'localhost:1', '127.0.0.1:1', '/x', '*', 'http://other/', 'other', ':80'];

const HUGE: Readonly<Record<string, string>> = {
  'a value without end': `x-a: ${'b'.repeat(70_000)}\r\ncontent-length: 3\r\n`,
  'a name without end': `${'b'.repeat(70_000)}: x\r\ncontent-length: 3\r\n`,
  'more fields than Node shows': `${'a:\r\n'.repeat(2500)}content-length: 3\r\n`,
  'fields of many names': `${Array.from({ length: 2500 }, (_, at) => `a${at}:\r\n`).join('')}content-length: 3\r\n`,
  '250 fields': `${'x-a: b\r\n'.repeat(250)}content-length: 3\r\n`,
  'a length behind 1000 others': `${'content-length: 3\r\n'.repeat(1000)}`,
  'a coding behind 300 fields': `content-length: 3\r\n${'x-a: b\r\n'.repeat(300)}transfer-encoding: chunked\r\n`,
};

const RUBBISH = [
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\x16\x03\x01\x02\0\x01\0\x01\xfc',
  '\0\0\0',
  '{}\r\n\r\n',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n',
  'QUIT\r\n',
  'GET /\r\n',
];
