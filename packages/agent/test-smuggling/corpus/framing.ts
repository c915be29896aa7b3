import { hidden, pairs, request, type Case, type Place } from './case.ts';

/** Ways to write that a body comes in chunks which every reader takes alike. */
const CODINGS = [
  ...['transfer-encoding: chunked', 'Transfer-Encoding: chunked', 'TRANSFER-ENCODING: CHUNKED', 'transfer-encoding:chunked'],
  ...[
    'transfer-encoding:  chunked',
    'transfer-encoding:\tchunked',
    'transfer-encoding: chunked ',
    'transfer-encoding: chunked\t',
  ],
];

/** Ways that one reader takes for chunks, and another for nothing. */
const OBSCURE_CODINGS = [
  ...[' chunked\0', '\0chunked', ' chunked\x0b', '\x0bchunked', '\x0cchunked', ' \xa0chunked', ' chunked\x85', ' ch\xffunked'],
  ...[
    ' "chunked"',
    " 'chunked'",
    ' chunked;q=1',
    ' chunked;',
    ' {chunked',
    ' chunked\\',
    ' chunked identity',
    ' chunked\tchunked',
  ],
  ...[' chunked, identity', ' identity, chunked', ' gzip, chunked', ' chunked, chunked', ' ,chunked', ' chunked,', ' chunked,,'],
  ...[
    ' chunke',
    ' xchunked',
    ' chunkedx',
    ' x-chunked',
    ' identity',
    ' gzip',
    ' compress',
    ' br',
    '',
    ' ',
    ' cow',
    ' 0',
    ' true',
  ],
  ...[' chunked\r', ' chunked\n', ' \nchunked', ' \rchunked', '\r\n chunked', '\r\n\tchunked', ' chunked\r\n ', ' chunked\r\n x'],
]
  .map((value) => `transfer-encoding:${value}`)
  .concat([
    ...[
      'transfer-encoding : chunked',
      'transfer-encoding\t: chunked',
      'transfer-encoding\0: chunked',
      'transfer-encoding\n: chunked',
    ],
    ...[
      ' transfer-encoding: chunked',
      '\ttransfer-encoding: chunked',
      '\0transfer-encoding: chunked',
      '\x0btransfer-encoding: chunked',
    ],
    ...['transfer_encoding: chunked', 'transfer.encoding: chunked', 'transfer encoding: chunked', 'transfer-encoding chunked'],
    ...[
      'transfer-encoding',
      'transfer-encoding = chunked',
      'x: y\ntransfer-encoding: chunked',
      'x: y\rtransfer-encoding: chunked',
    ],
    ...['x: y\r\r\ntransfer-encoding: chunked', 'transfer-encoding: chunked\r\ntransfer-encoding: chunked'],
    'transfer-encoding: chunked\r\ntransfer-encoding: identity',
    'transfer-encoding: identity\r\ntransfer-encoding: chunked',
    'transfer-encoding: cow\r\nTransfer-Encoding: chunked',
    'transfer-encoding:\r\ntransfer-encoding: chunked',
    'transfer-encoding: chunked\r\nTransfer-encoding : x',
  ]);

type Company = 'alone' | 'behind a length' | 'before a length';
const COMPANIES: readonly Company[] = ['alone', 'behind a length', 'before a length'];

/** Bodies for a coding and a length: the first reading ends before the hidden request, or behind it. */
const ENDS = {
  'the chunks end first': (place: Place) => `0\r\n\r\n${hidden(place)}`,
  'the length ends first': (place: Place) => chunk(`x=1&y=${hidden(place)}`) + LAST,
};

/** CL.TE, TE.CL, TE.TE. */
function* codings(): Generator<Case> {
  const all = pairs(pairs(pairs([...CODINGS, ...OBSCURE_CODINGS], COMPANIES), Object.entries(ENDS)), ['POST', 'GET']);
  for (const [[[coding, company], [end, bodyOf]], method] of all) {
    if (company === 'alone' && CODINGS.includes(coding)) continue;
    yield {
      name: `${method} with ${JSON.stringify(coding)} ${company}, where ${end}`,
      send: (place) => {
        const sent = bodyOf(place);
        const length = `content-length: ${end === 'the chunks end first' ? sent.length : sent.indexOf('\r\n') + 2}\r\n`;
        const fields = { alone: '', 'behind a length': length, 'before a length': '' }[company];
        return request(place, {
          method,
          fields: `${fields}${coding}\r\n${company === 'before a length' ? length : ''}`,
          sent,
        });
      },
    };
  }
  for (const [[coding, body], method] of pairs(pairs(CODINGS, ['', 'abc', 'GET']), ['POST', 'PUT', 'GET', 'DELETE']))
    yield {
      name: `${method} with ${JSON.stringify(coding)} and nothing else`,
      send: (place) => {
        const whole = body === 'GET' ? hidden(place) : body;
        const sent = (whole === '' ? '' : chunk(whole)) + LAST;
        return request(place, { method, fields: `${coding}\r\n`, sent, body: whole, isPlain: !coding.endsWith('\t') });
      },
    };
}

/** Lengths that are some reader's 3, or nobody's. */
const OBSCURE_LENGTHS = [
  ...[
    '+3',
    '-3',
    '-0',
    '0x3',
    '0o3',
    '3,3',
    '3, 3',
    '3;3',
    '3 3',
    '0 3',
    '3,',
    ',3',
    '3.0',
    '3e0',
    '"3"',
    "'3'",
    '3abc',
    'abc',
    '',
  ],
  ...[
    '3\0',
    '\x003',
    '3\x0b',
    '\x0b3',
    '\xa03',
    '3\n',
    '\n3',
    '3\r',
    '\r\n 3',
    '3\r\n ',
    '3\r\n\t3',
    '1_0',
    '\xb2',
    '0b11',
    '3h',
    '３',
  ],
  ...[
    '99999999999999999999',
    '18446744073709551619',
    '9223372036854775811',
    '4294967299',
    '-18446744073709551613',
    '1'.repeat(400),
  ],
  ...['NaN', 'Infinity', 'null', 'undefined', 'chunked', '%33', '3%', '(3)', '3/3', '3=3'],
].map((value) => `content-length: ${Buffer.from(value).toString('latin1')}`);

const OBSCURE_LENGTH_LINES = [
  ...[
    'content-length : 3',
    'content-length\t: 3',
    'content-length\0: 3',
    ' content-length: 3',
    '\tcontent-length: 3',
    'content_length: 3',
  ],
  ...[
    'content.length: 3',
    'content length: 3',
    'content-length',
    'content-length 3',
    'content-length=3',
    'x: y\ncontent-length: 3',
  ],
  ...[
    'x: y\rcontent-length: 3',
    'content-length: 3\r\ncontent-length: 3',
    'content-length: 3\r\nContent-Length: 0',
    '\0content-length: 3',
  ],
  ...[
    'content-length: 0\r\ncontent-length: 3',
    'content-length: 3\r\ncontent-length:',
    'Content-Length: 3\r\ncontent-length: 03',
  ],
];

/** Those that wait for more than a case sends. */
const LONG = /: (?:4294967299)$/;

function* lengths(): Generator<Case> {
  const companies = ['', 'content-length: 3\r\n'];
  const all = pairs(pairs(pairs([...OBSCURE_LENGTHS, ...OBSCURE_LENGTH_LINES], companies), ['before', 'behind']), [
    'POST',
    'GET',
  ]);
  for (const [[[line, company], where], method] of all) {
    if (company === '' && where === 'behind') continue;
    yield {
      name: `${method} with ${JSON.stringify(line.slice(0, 60))} ${company === '' ? 'alone' : `${where} a length`}`,
      send: (place) => {
        const fields = where === 'before' ? `${line}\r\n${company}` : `${company}${line}\r\n`;
        return request(place, { method, fields, sent: `abc${hidden(place)}`, isUnfinished: company === '' && LONG.test(line) });
      },
    };
  }
  for (const [[value, method], hides] of pairs(
    pairs(['#', '000#', ' # ', '\t#', '0000000000#'], ['POST', 'PUT', 'GET', 'DELETE']),
    [true, false],
  ))
    yield {
      name: `${method} with the length ${JSON.stringify(value)}${hides ? ' of what looks like a request' : ''}`,
      send: (place) => {
        const body = hides ? hidden(place) : 'abc';
        const fields = `content-length: ${value.replace('#', String(body.length))}\r\n`;
        return request(place, { method, fields, sent: body, body, isPlain: value === '#' });
      },
    };
}

const LAST = '0\r\n\r\n';

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

export function* framing(): Generator<Case> {
  yield* codings();
  yield* lengths();
}
