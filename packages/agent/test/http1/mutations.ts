import fc from 'fast-check';
import { casesOf, textOf } from './vectors.ts';

/** What parsers have fallen over before: bits of syntax, in places where they do not belong. */
const BITS = [
  ...['\r\n', '\n', '\r', ' ', '\t', '\0', '\x0b', '\x7f', '\xa0', ':', ';', ',', '=', '"', '\\', '_', '+', '-', '/', '#', '*'],
  ...['0', '1', '3', 'a', 'f', '0x', '00', '\r\n\r\n', '\r\n ', '0\r\n\r\n', '3\r\nabc\r\n', 'chunked', 'identity', 'close'],
  ...[
    'HTTP/1.1',
    'HTTP/1.0',
    'GET ',
    'POST ',
    'content-length: 3\r\n',
    'Content-Length: 0\r\n',
    'transfer-encoding: chunked\r\n',
  ],
  ...['host: x\r\n', 'connection: close\r\n', 'connection: keep-alive\r\n', 'expect: 100-continue\r\n', 'x-a: b\r\n', 'x-a:\r\n'],
  'GET /b HTTP/1.1\r\nhost: b\r\n\r\n',
] as const;

const CASES = casesOf('requests').filter((one) => one.forms !== 'proxy' && textOf(one).length < 600);
const GOOD = CASES.filter(({ fault }) => fault === undefined).map(textOf);
const BAD = CASES.filter(({ fault }) => fault !== undefined).map(textOf);

const seed = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...GOOD) }, { weight: 1, arbitrary: fc.constantFrom(...BAD) });

interface Change {
  /** Where, as a part of the length. */
  readonly at: number;
  readonly removed: number;
  readonly bit: string;
}

const change = fc.record<Change>({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 12 })),
  bit: fc.oneof(
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 4, arbitrary: fc.constantFrom(...BITS) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
  ),
});

/** Requests, good and bad, changed in a few places. One byte a sign. */
export const mutatedRequests: fc.Arbitrary<string> = fc
  .tuple(fc.array(seed, { minLength: 1, maxLength: 3 }), fc.array(change, { maxLength: 3 }))
  .map(([texts, changes]) => changes.reduce(applyChange, texts.join('')));

function applyChange(text: string, { at, removed, bit }: Change): string {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + bit + text.slice(from + removed);
}
