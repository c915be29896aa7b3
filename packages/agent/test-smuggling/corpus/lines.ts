import { hidden, pairs, request, type Case, type Place } from './case.ts';

/** Lines that could be two, or none, or another. */
const BAD = [
  ...[
    'x-a: b\nx-c: d',
    'x-a: b\rx-c: d',
    'x-a: b\r\n c',
    'x-a: b\r\n\tc',
    'x-a: b\0c',
    'x-\0a: b',
    'x a: b',
    'x-a : b',
    'x-a\t: b',
    '(x): b',
  ],
  ...[
    'x-ä: b',
    'nothing',
    ': b',
    ' x-a: b',
    '\tx-a: b',
    'x-a: \x01',
    'x-a: \x7f',
    'x-a: \x0b',
    'x-a\x0b: b',
    'x-a: b\r',
    'x-a: b\n',
    '"x": b',
  ],
  ...[
    'x[a]: b',
    'x{a}: b',
    'x@a: b',
    'x,a: b',
    'x;a: b',
    'x=a: b',
    'x/a: b',
    'x?a: b',
    'x\\a: b',
    'x<a>: b',
    '\xa0x: b',
    'x\x85: b',
    '\r',
    '\n',
  ],
  ...[
    'x-a: b\n',
    'x-a: b\n\n',
    'x-a: b\n\r',
    'x-a: b\n \n',
    'x-a\n: b',
    'x-a:\nb',
    'x-a: b\r\n ',
    'x-a:\r\n\t',
    ' ',
    '\t',
    ' \r\n ',
    '\0',
  ],
  ...[
    'x-a: b\rcontent-length: 40',
    'x-a: b\ncontent-length: 40',
    'x-a: b\r\n content-length: 40',
    'x-a: b\0\r\n',
    'x-a: \x1b[0m',
    'x-a: \x08',
  ],
];

/** Lines that have one reading, whatever a proxy makes of them. */
const GOOD = [
  ...[
    'x-a: b',
    'x-a:',
    'x-a:b',
    'x-a:  b  ',
    'x-a:\tb\t',
    'x-a: b:c',
    'X_A: b',
    "!#$%&'*+-.^_`|~: b",
    'x-a: \xe4',
    'x-a: "b\\"c"',
    'x-a: b\tc',
  ],
  ...[
    'x-content-length: 9',
    'content-length-x: 9',
    'x-transfer-encoding: chunked',
    'transfer-encoding-x: chunked',
    'te: trailers',
    'te: chunked',
  ],
  ...[
    'keep-alive: timeout=1',
    'trailer: x-a',
    'via: 1.0 a',
    'max-forwards: 0',
    'x-http-method-override: DELETE',
    'x-original-url: /evil',
  ],
  ...[
    'x-rewrite-url: /evil',
    'proxy-connection: keep-alive',
    'x-forwarded-host: other',
    'forwarded: host=other',
    'range: bytes=0-1',
    'accept: */*',
  ],
];

/** What `Connection` may try to take away, or to keep. */
const OPTIONS = [
  ...[
    'keep-alive',
    'close',
    'close, keep-alive',
    'x-a',
    'keep-alive, x-a',
    'te',
    'upgrade',
    'trailer',
    'Keep-Alive',
    ',',
    'a, b, c',
    'x-themis-caller',
  ],
];
const BAD_OPTIONS = [
  'content-length',
  'transfer-encoding',
  'host',
  'Host',
  'close, Content-Length',
  'transfer_encoding',
  'content_length',
];

const KINDS = {
  GET: (place: Place, line: string, means: boolean) =>
    request(place, { method: 'GET', fields: line, ...(means && { body: '' }) }),
  'POST with a length': (place: Place, line: string, means: boolean) =>
    request(place, { fields: `content-length: 3\r\n${line}`, sent: 'abc', ...(means && { body: 'abc' }) }),
  'POST in chunks': (place: Place, line: string, means: boolean) =>
    request(place, {
      fields: `${line}transfer-encoding: chunked\r\n`,
      sent: '3\r\nabc\r\n0\r\n\r\n',
      ...(means && { body: 'abc' }),
    }),
};

export function* lines(): Generator<Case> {
  for (const [line, [kind, send]] of pairs(BAD, Object.entries(KINDS))) {
    yield {
      name: `${kind} and the line ${JSON.stringify(line)}`,
      send: (place) => withHidden(send(place, `${line}\r\n`, false), place),
    };
    yield {
      name: `${kind} and the line ${JSON.stringify(line)} first`,
      send: (place) => {
        const { bytes } = send(place, '', false);
        return withHidden({ bytes: bytes.replace('\r\n', () => `\r\n${line}\r\n`) }, place);
      },
    };
  }
  for (const [line, [kind, send]] of pairs(GOOD, Object.entries(KINDS)))
    yield { name: `${kind} and the good line ${JSON.stringify(line)}`, send: (place) => send(place, `${line}\r\n`, true) };
  for (const [option, [kind, send]] of pairs(OPTIONS, Object.entries(KINDS)))
    yield {
      name: `${kind} and Connection: ${option}`,
      send: (place) => send(place, `connection: ${option}\r\nx-a: b\r\n`, true),
    };
  for (const [option, [kind, send]] of pairs(BAD_OPTIONS, Object.entries(KINDS)))
    yield {
      name: `${kind} and Connection: ${option}, which it would take away`,
      send: (place) => {
        // Whatever is not there cannot be taken away.
        const sent = send(place, `connection: ${option}\r\n`, false);
        const isAway =
          /host/i.test(option) ||
          sent.bytes.toLowerCase().includes(`\n${option.replace(/^.*, /, '').replace('_', '-').toLowerCase()}:`);
        return isAway ? sent : send(place, `connection: ${option}\r\n`, true);
      },
    };
}

function withHidden(sent: ReturnType<typeof request>, place: Place): ReturnType<typeof request> {
  return { ...sent, bytes: sent.bytes + hidden(place) };
}
