/** One request, as a reader understands it that knows no leniency at all. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Names as they were sent, and values. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/**
 * Reads requests by the letter of RFC 9112, apart from Node's parser: for what is passed on there is one reading.
 *
 * @returns those that are complete
 * @throws Error at whatever could be read in another way
 */
export function readStrictly(bytes: Buffer): StrictRequest[] {
  let text = bytes.toString('latin1');
  const requests: StrictRequest[] = [];
  for (;;) {
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) break;
    const [first = '', ...lines] = text.slice(0, end).split('\r\n');
    const start = /^([A-Z]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(first);
    if (start === null) throw new Error(`not a request line: ${JSON.stringify(first)}`);
    const fields = lines.map(readField);
    const rest = text.slice(end + 4);
    const body = readBody(fields, rest);
    if (body === undefined) break;
    requests.push({ method: start[1] ?? '', target: start[2] ?? '', fields, body: body.text });
    text = rest.slice(body.length);
  }
  return requests;
}

export function valuesIn({ fields }: StrictRequest, name: string): string[] {
  return fields.filter(([found]) => found.toLowerCase() === name).map(([, value]) => value);
}

function readField(line: string): readonly [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line);
  if (match === null) throw new Error(`not a field: ${JSON.stringify(line)}`);
  return [match[1] ?? '', match[2] ?? ''];
}

function readBody(fields: readonly (readonly [string, string])[], rest: string): { text: string; length: number } | undefined {
  const framing = fields.filter(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  if (framing.length > 1) throw new Error(`framed twice: ${JSON.stringify(framing)}`);
  if (fields.filter(([name]) => /^host$/i.test(name)).length !== 1) throw new Error('not one Host');
  const [only] = framing;
  if (only === undefined) return { text: '', length: 0 };
  if (/^content-length$/i.test(only[0])) {
    if (!/^\d+$/.test(only[1])) throw new Error(`not a length: ${only[1]}`);
    const length = Number(only[1]);
    return rest.length < length ? undefined : { text: rest.slice(0, length), length };
  }
  if (only[1] !== 'chunked') throw new Error(`not a coding: ${only[1]}`);
  return readChunks(rest);
}

function readChunks(rest: string): { text: string; length: number } | undefined {
  let text = '';
  for (let at = 0; ;) {
    const line = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at));
    if (line === null) {
      if (rest.indexOf('\r\n', at) === -1) return undefined;
      throw new Error(`not a chunk: ${JSON.stringify(rest.slice(at, at + 20))}`);
    }
    at += line[0].length;
    const size = Number.parseInt(line[1] ?? '', 16);
    if (size === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(rest.slice(at));
      return trailers === null ? undefined : { text, length: at + trailers[0].length };
    }
    if (rest.length < at + size + 2) return undefined;
    text += rest.slice(at, at + size);
    at += size + 2;
  }
}
