/** Frames of HTTP/2 as anybody may write them, also such as nobody should (RFC 9113 section 6, RFC 7541). */

export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The preface and an empty SETTINGS: what a client begins with. */
export const HELLO: Buffer = Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]);

/** Fields as literals without indexing and without Huffman codes (RFC 7541 section 6.2.2). */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

/** The header block of a plain request. */
export function requestBlock(
  pseudo: Readonly<Record<string, string>> = {},
  ...fields: readonly (readonly [string, string])[]
): Buffer {
  const all = { ':method': 'GET', ':scheme': 'https', ':path': '/', ':authority': 'payments', ...pseudo };
  return block(...Object.entries(all), ...fields);
}

export function request(stream: number, fields: Buffer = requestBlock(), flags: number = END_STREAM | END_HEADERS): Buffer {
  return frame(FRAME.headers, flags, stream, fields);
}

export function word(value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return payload;
}

export function reset(stream: number, code = 0x8): Buffer {
  return frame(FRAME.rstStream, 0, stream, word(code));
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** The whole frames in some bytes. */
export function framesIn(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const [type = 0, flags = 0] = bytes.subarray(at + 3);
    frames.push({ type, flags, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}

/** A string literal without Huffman codes (RFC 7541 section 5.2), its length in a prefix of seven bits (section 5.1). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

function integer(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([value]);
  const octets = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128);
  return Buffer.from([...octets, rest]);
}
