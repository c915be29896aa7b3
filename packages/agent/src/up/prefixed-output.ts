import { Transform, type TransformCallback, type Readable, type Writable } from 'node:stream';

/** The longest line that is held back for its end; what is longer is broken. */
const LONGEST_LINE = 65_536;

/** Writes the lines of several programs to one stream, each behind the name of its program. */
export class PrefixedOutput {
  readonly #target: Writable;
  readonly #width: number;
  readonly #colours: boolean;
  #count = 0;

  /** @param width of the names */
  constructor(target: Writable, width: number, colours: boolean) {
    this.#target = target;
    this.#width = width;
    this.#colours = colours;
    // One pipe for each program, and each listens for room.
    target.setMaxListeners(0);
  }

  /** Carries a program's output over, at the pace of whoever reads. */
  take(label: string, source: Readable): void {
    const text = `${label.padEnd(this.#width)} | `;
    const prefix = this.#colours ? `\u001b[${COLOURS[this.#count % COLOURS.length] ?? 0}m${text}\u001b[0m` : text;
    this.#count += 1;
    source.on('error', () => undefined);
    source.pipe(new LinePrefix(prefix)).pipe(this.#target, { end: false });
  }
}

/** Cyan, yellow, green, magenta, blue, and their bright forms: no red, which is for errors. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94] as const;

class LinePrefix extends Transform {
  readonly #prefix: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(prefix: string) {
    super();
    this.#prefix = Buffer.from(prefix);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = Buffer.concat([this.#held, chunk]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lines.push(this.#prefix, bytes.subarray(start, end + 1));
      start = end + 1;
    }
    this.#held = bytes.subarray(start);
    if (this.#held.length > LONGEST_LINE) {
      lines.push(this.#prefix, this.#held, NEWLINE);
      this.#held = Buffer.alloc(0);
    }
    // In one piece, so that lines of two programs never meet in one.
    done(null, Buffer.concat(lines));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held.length === 0 ? undefined : Buffer.concat([this.#prefix, this.#held, NEWLINE]));
  }
}

const NEWLINE = Buffer.from('\n');
