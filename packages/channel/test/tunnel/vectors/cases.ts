import { rawFrames } from '@themis-mesh/testkit';
import { encodeGoaway } from '../../../src/tunnel/control-frames.ts';
import { ACK, END, FRAME } from '../../../src/tunnel/frame.ts';
import type { Hearing } from './operations.ts';

const { data, frame, limits, open, uint32, window } = rawFrames;

export interface ReadCase {
  readonly name: string;
  readonly about: string;
  readonly bytes: Buffer;
}

export interface HearCase extends Hearing {
  readonly name: string;
  readonly about: string;
}

const PING = frame(FRAME.ping, 0, Buffer.from('0102030405060708', 'hex'));

export const READ_CASES: readonly ReadCase[] = [
  { name: 'nothing', about: 'No bytes are no frame.', bytes: Buffer.alloc(0) },
  { name: 'limits', about: 'The first frame of each side, with the defaults.', bytes: limits() },
  { name: 'data', about: 'Data with its end.', bytes: data(1, 'hello', END) },
  { name: 'data of no bytes', about: 'An end alone.', bytes: data(0x7fff_ffff, '', END) },
  {
    name: 'every known type',
    about: 'One frame of each, in their order.',
    bytes: Buffer.concat([
      data(1, 'x'),
      open(2, 'db:5432', END),
      frame(FRAME.head, 2, '200\ncontent-type\ttext/plain'),
      window(2, 65_536),
      frame(FRAME.reset, 2, '\x03denied'),
      PING,
      frame(FRAME.ping, 0, Buffer.from('0102030405060708', 'hex'), ACK),
      frame(FRAME.goaway, 0, encodeGoaway(2, 'drained', '')),
      limits({ streams: 1 }),
    ]),
  },
  { name: 'all flags', about: 'The upper four bits.', bytes: frame(FRAME.data, 1, 'x', 15) },
  {
    name: 'unknown types',
    about: 'Passed over, whatever their length.',
    bytes: Buffer.concat([frame(8, 0), frame(15, 77, Buffer.alloc(300, 1)), data(1, 'x')]),
  },
  { name: 'a part of a header', about: 'Nothing is read of it yet.', bytes: data(1, 'x').subarray(0, 7) },
  { name: 'a part of a head', about: 'A frame other than data is read whole.', bytes: frame(FRAME.head, 1, 'abc').subarray(0, 10) },
  {
    name: 'the longest frame',
    about: 'A payload of 65,536 bytes, of a type that is not known.',
    bytes: frame(8, 1, Buffer.alloc(65_536)),
  },
  {
    name: 'a frame that is too long',
    about: 'A payload of 65,537 bytes is a fault as soon as its header is there.',
    bytes: Buffer.of(1, 0, 1, FRAME.head, 0, 0, 0, 1),
  },
  {
    name: 'unknown and too long',
    about: 'What is not known keeps to the same length.',
    bytes: Buffer.of(1, 0, 1, 9, 0, 0, 0, 1),
  },
  {
    name: 'a stream of 32 bits',
    about: 'The highest bit of a stream is 0.',
    bytes: Buffer.concat([data(1, 'x'), Buffer.of(0, 0, 0, 0, 0x80, 0, 0, 0)]),
  },
];

const TO_ACCEPTER: readonly HearCase[] = [
  { name: 'limits alone', about: 'Nothing is begun.', role: 'accepter', bytes: limits() },
  {
    name: 'a stream of bytes',
    about: 'Data, then its end.',
    role: 'accepter',
    bytes: Buffer.concat([limits(), open(1, 'db:5432'), data(1, 'hel'), data(1, 'lo'), data(1, '', END)]),
  },
  {
    name: 'a stream of HTTP',
    about: 'A request with fields after its body.',
    role: 'accepter',
    bytes: Buffer.concat([
      limits(),
      frame(FRAME.open, 1, '\x02POST\n/charge\nhost\npayments'),
      data(1, '{}'),
      frame(FRAME.head, 1, 'x-digest\nabc', END),
    ]),
  },
  {
    name: 'a stream that begins with its end',
    about: 'A request without a body.',
    role: 'accepter',
    bytes: Buffer.concat([limits(), frame(FRAME.open, 1, '\x02GET\n/\nhost\npayments', END)]),
  },
  {
    name: 'a reset',
    about: 'With its code and its detail, of which what is not printable ASCII is shown as ?.',
    role: 'accepter',
    bytes: Buffer.concat([limits(), open(1), frame(FRAME.reset, 1, '\x00why\n')]),
  },
  {
    name: 'a reset of a later code',
    about: 'Read as broken.',
    role: 'accepter',
    bytes: Buffer.concat([limits(), open(1), frame(FRAME.reset, 1, '\xc8')]),
  },
  {
    name: 'frames for a stream that is over',
    about: 'They have no meaning, and are no fault.',
    role: 'accepter',
    bytes: Buffer.concat([
      limits(),
      open(1),
      frame(FRAME.reset, 1, '\x00'),
      data(1, 'late', END),
      frame(FRAME.head, 1, 'late'),
      window(1, 5000),
      frame(FRAME.reset, 1, '\x00'),
    ]),
  },
  {
    name: 'beyond the limit of streams',
    about: 'The second is refused; what comes on it has no meaning.',
    role: 'accepter',
    limits: { streams: 1 },
    bytes: Buffer.concat([limits(), open(1), open(2), data(2, 'x'), data(1, 'y')]),
  },
  {
    name: 'an unknown kind',
    about: 'That stream is reset; others go on.',
    role: 'accepter',
    bytes: Buffer.concat([limits(), frame(FRAME.open, 1, '\x07later'), open(2)]),
  },
  {
    name: 'all of the credit',
    about: 'A stream may send as much as it has credit.',
    role: 'accepter',
    limits: { streamCredit: 4096, tunnelCredit: 4096 },
    bytes: Buffer.concat([limits(), open(1), data(1, Buffer.alloc(4096, 1))]),
  },
];

const FAULTS: readonly [string, string, Uint8Array][] = [
  ['limits twice', 'They come once, first.', limits()],
  ['limits on a stream', 'They are of the tunnel.', frame(FRAME.limits, 1, Buffer.alloc(12))],
  ['a stream twice', 'Numbers follow each other.', open(1)],
  ['a stream left out', 'Numbers follow each other.', open(3)],
  ['a stream with the number 0', 'That is the tunnel.', open(0)],
  ['a stream without a kind', 'The kind is its first byte.', frame(FRAME.open, 2)],
  ['data on no stream', 'Stream 0 carries none.', data(0, 'x')],
  ['data on a stream that was not begun', '', data(2, 'x')],
  ['a head on a stream that was not begun', '', frame(FRAME.head, 2, 'x')],
  ['a reset of a stream that was not begun', '', frame(FRAME.reset, 2, '\0')],
  ['credit for a stream that was not begun', '', window(2, 5000)],
  ['a reset without a code', 'The code is its first byte.', frame(FRAME.reset, 1)],
  ['data after the end', '', Buffer.concat([data(1, '', END), data(1, 'x')])],
  ['a head after the end', '', Buffer.concat([data(1, '', END), frame(FRAME.head, 1, 'x')])],
  ['credit of nothing', '', window(1, 0)],
  ['credit of three bytes', '', frame(FRAME.window, 1, Buffer.alloc(3))],
  ['a ping on a stream', 'It is of the tunnel.', frame(FRAME.ping, 1, Buffer.alloc(8))],
  ['a ping of seven bytes', 'It has eight.', frame(FRAME.ping, 0, Buffer.alloc(7))],
  ['goaway from who dialled', 'Only the accepter says it.', frame(FRAME.goaway, 0, encodeGoaway(0, 'drained', ''))],
  ['more than the credit of a stream', '4,096 bytes here.', Buffer.concat([data(1, Buffer.alloc(4096, 1)), data(1, 'x')])],
  ['credit of a stream that overflows', 'Never more than 2^31 - 1.', window(1, 0x7fff_ffff)],
  ['credit of the tunnel that overflows', 'Never more than 2^31 - 1.', window(0, 0x7fff_ffff)],
];

const BEFORE_LIMITS: readonly [string, Uint8Array][] = [
  ['a stream before the limits', open(1)],
  ['a ping before the limits', PING],
  ['a frame of an unknown type before the limits', frame(9, 0)],
  ['limits that are too short', frame(FRAME.limits, 0, Buffer.alloc(11))],
  ['limits of no streams', frame(FRAME.limits, 0, Buffer.concat([uint32(0), uint32(65_536), uint32(65_536)]))],
  ['credit of a stream below 4096', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(4095), uint32(65_536)]))],
  ['less credit for the tunnel than for a stream', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(65_536), uint32(65_535)]))],
  ['credit beyond the most', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(65_536), uint32(0x8000_0000)]))],
];

const TO_DIALLER: readonly HearCase[] = [
  {
    name: 'an answer',
    about: 'An interim head, the head, the body, and the fields after it.',
    role: 'dialler',
    begun: 1,
    bytes: Buffer.concat([
      limits(),
      frame(FRAME.head, 1, '103\nlink\n</a.css>'),
      frame(FRAME.head, 1, '200\ncontent-type\ntext/plain'),
      data(1, 'hello'),
      frame(FRAME.head, 1, 'x-digest\nabc', END),
    ]),
  },
  {
    name: 'goaway',
    about: 'The streams beyond the one named were not served; the others go on.',
    role: 'dialler',
    begun: 2,
    bytes: Buffer.concat([limits(), frame(FRAME.goaway, 0, encodeGoaway(1, 'drained', '')), data(1, 'x')]),
  },
  {
    name: 'a stream from the accepter',
    about: 'Only the dialler begins streams.',
    role: 'dialler',
    begun: 1,
    bytes: Buffer.concat([limits(), open(2)]),
  },
  {
    name: 'an answer that nobody asked for',
    about: 'The stream was not begun.',
    role: 'dialler',
    begun: 1,
    bytes: Buffer.concat([limits(), frame(FRAME.head, 2, '200')]),
  },
];

export const HEAR_CASES: readonly HearCase[] = [
  ...TO_ACCEPTER,
  ...BEFORE_LIMITS.map(([name, bytes]): HearCase => {
    return { name, about: 'The limits come first, and are possible.', role: 'accepter', bytes: Buffer.from(bytes) };
  }),
  ...FAULTS.map(([name, about, bytes]): HearCase => {
    const all = Buffer.concat([limits(), open(1), bytes]);
    return { name, about, role: 'accepter', limits: { streamCredit: 4096 }, bytes: all };
  }),
  ...TO_DIALLER,
];
