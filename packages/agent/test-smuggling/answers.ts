/** An answer, as its caller reads it. */
export interface Answer {
  readonly status: number;
  /** What the program behind everything says that it saw; undefined where it did not answer. */
  readonly echo?: string;
  /** Whether a program between it and the sidecar answered. */
  readonly isBackEnds: boolean;
}

/**
 * Reads answers by the letter, one behind the other.
 *
 * @param methods of the requests, in order
 * @throws Error at what is none, or is not whole
 */
export function readAnswers(text: string, methods: readonly string[]): readonly Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(end === -1 ? '' : first)?.[1]);
    if (!(status >= 100)) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(end + 4);
    if (status === 101) throw new Error('a switch of protocols');
    if (status < 200) continue;
    const values = (name: string): string[] =>
      lines.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    const [echo] = values('x-echo');
    const framing = [...values('content-length'), ...values('transfer-encoding')];
    if (framing.length > 1) throw new Error(`framed twice: ${JSON.stringify(framing)}`);
    const isBodiless = status === 204 || status === 304 || (echo?.split(' ')[0] ?? methods[answers.length]) === 'HEAD';
    const length = isBodiless ? 0 : bodyLength(rest, framing[0]);
    if (length > rest.length) throw new Error(`cut off: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(length);
    answers.push({ status, isBackEnds: values('x-back-end').length > 0, ...(echo !== undefined && { echo }) });
  }
  return answers;
}

function bodyLength(rest: string, framing: string | undefined): number {
  if (framing === undefined) return rest.length;
  if (framing !== 'chunked') return Number(framing);
  const chunks = /^(?:(?!0)[0-9a-f]+\r\n[^\r]*\r\n)*0\r\n\r\n/.exec(rest);
  return chunks?.[0].length ?? Infinity;
}
