import { hidden, pairs, request, type Case } from './case.ts';

/** Chunks of `abc` that all readers take alike, whatever they drop of them. */
const GOOD = [
  ...[
    '3\r\nabc\r\n0\r\n\r\n',
    '03\r\nabc\r\n0\r\n\r\n',
    '1\r\na\r\n2\r\nbc\r\n0\r\n\r\n',
    '3\r\nabc\r\n000\r\n\r\n',
    '0003\r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3;a\r\nabc\r\n0\r\n\r\n',
    '3;a=b\r\nabc\r\n0\r\n\r\n',
    '3;a="b c"\r\nabc\r\n0\r\n\r\n',
    '3\r\nabc\r\n0;a=b\r\n\r\n',
    '3;a=";"\r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3\r\nabc\r\n0\r\nx-a: b\r\n\r\n',
    '3;a;b;c=d\r\nabc\r\n0\r\n\r\n',
    '3;a="\\""\r\nabc\r\n0\r\n\r\n',
    '1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n',
  ],
];

/** Chunks that readers take in two ways, or in none. */
const BAD = [
  ...[
    '+3',
    '-3',
    '0x3',
    '0X3',
    '3h',
    'g',
    'zz',
    '',
    ' ',
    '3 ',
    ' 3',
    '\t3',
    '3\t',
    '3 3',
    '3,3',
    '3.0',
    '"3"',
    '3_0',
    '\0',
    '3\0',
    '\x003',
  ],
  ...[
    'ffffffffffffffff',
    '10000000000000003',
    '8000000000000003',
    '100000000000000000000000000000003',
    'fffffffffffffffff3',
    '3\x0b',
  ],
  ...['3;a\nb', '3;a\rb', '3\n', '3\r', '3;\n', '3;a="b', '3;a="\n"', '3;;', '3 ;a', '3; a', '3;a =b', '3;\0', '3;a=b\0'],
  ...['3\r\r', '3\n\r', '3\xa0', '\xb3', '3;a="b"c', '3\\', '3:', '3=', '3#', '3//', '--3', 'NaN', '3;a=\x7f', '3;\x85'],
].map((size) => `${size}\r\nabc\r\n0\r\n\r\n`);

const BAD_ENDS = [
  ...[
    '3\r\nabc0\r\n\r\n',
    '3\r\nabcd\r\n0\r\n\r\n',
    '3\r\nabc\n0\r\n\r\n',
    '3\r\nabc\r0\r\n\r\n',
    '3\r\nabc\r\r\n0\r\n\r\n',
    '3\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3\nabc\n0\n\n',
    '3\r\nabc\r\n0\n\n',
    '3\r\nabc\r\n0\r\n\n',
    '3\r\nabc\r\n0\n\r\n',
    '3\r\nabc\r\n0\r\r\n',
    '3\r\nabc\r\n\r\n0\r\n\r\n',
  ],
  ...[
    '2\r\nabc\r\n0\r\n\r\n',
    '3\r\nabc\r\n-0\r\n\r\n',
    '3\r\nabc\r\n 0\r\n\r\n',
    '3\r\nabc\r\n0 \r\n\r\n',
    '3\r\nabc  0\r\n\r\n',
    '\r\n3\r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3\r\nabc\r\n0\r\n x: y\r\n\r\n',
    '3\r\nabc\r\n0\r\nx y: z\r\n\r\n',
    '3\r\nabc\r\n0\r\nx : z\r\n\r\n',
    '3\r\nabc\r\n0\r\nx: y\nz: a\r\n\r\n',
  ],
  ...[
    '3\r\nabc\r\n0\r\nx\r\n\r\n',
    '3\r\nabc\r\n0\r\n: x\r\n\r\n',
    '3\r\nabc\r\n0\r\nx: \0\r\n\r\n',
    '3\r\nabc\r\n0\r\nx: a\r\n b\r\n\r\n',
  ],
  ...['3\r\nabc\r\n0\r\nx: y\r\n\n', '3\r\nabc\r\n0\r\nx: y\n\r\n', '3\r\nabc\r\n0\r\nx: y\r\r\n\r\n'],
];

/** Trailers that must not have a say in what was decided before them. */
const TRAILERS = [
  ...[
    'content-length: 30',
    'content-length: 0',
    'transfer-encoding: chunked',
    'transfer-encoding: identity',
    'host: other',
    'te: trailers',
  ],
  ...[
    'connection: close',
    'connection: keep-alive',
    'connection: x-a',
    'upgrade: websocket',
    'expect: 100-continue',
    'x-themis-caller: web',
  ],
  ...[
    'proxy-authorization: Basic x',
    'authorization: Basic x',
    'cookie: a=b',
    'trailer: x-a',
    'x-a: b',
    'content-type: a/b',
    'range: bytes=0-1',
  ],
  ...[
    'content_length: 30',
    'transfer_encoding: chunked',
    'x-forwarded-for: 1.2.3.4',
    '__proto__: x',
    'content-length: 30\r\ncontent-length: 3',
  ],
];

export function* chunks(): Generator<Case> {
  for (const [body, method] of pairs(GOOD, ['POST', 'PUT', 'GET', 'PATCH']))
    yield {
      name: `${method} in the chunks ${JSON.stringify(body)}`,
      send: (place) => request(place, { method, fields: CHUNKED, sent: body, body: 'abc' }),
    };
  for (const [[body, method], fields] of pairs(pairs([...BAD, ...BAD_ENDS], ['POST', 'GET']), [
    CHUNKED,
    `x-a: b\r\n${CHUNKED}x-b: c\r\n`,
  ]))
    yield {
      name: `${method} in the bad chunks ${JSON.stringify(body)}${fields === CHUNKED ? '' : ' among other fields'}`,
      send: (place) => request(place, { method, fields, sent: body + hidden(place) }),
    };
  for (const [[trailer, method], says] of pairs(pairs(TRAILERS, ['POST', 'GET']), [
    '',
    'trailer: x-a, content-length\r\n',
    'te: trailers\r\n',
  ]))
    yield {
      name: `${method} with the trailer ${JSON.stringify(trailer)}${says === '' ? '' : ` and ${JSON.stringify(says)}`}`,
      send: (place) =>
        request(place, { method, fields: `${says}${CHUNKED}`, sent: `3\r\nabc\r\n0\r\n${trailer}\r\n\r\n`, body: 'abc' }),
    };
}

const CHUNKED = 'transfer-encoding: chunked\r\n';
