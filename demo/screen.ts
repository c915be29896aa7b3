import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Where it is told what happens: a line each, with the seconds since the start. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #begun = performance.now();
  readonly #hasColours: boolean;

  /** Colours are for terminals only, and not where NO_COLOR (no-color.org) or a dumb terminal asks for none. */
  constructor(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv) {
    this.#stream = stream;
    this.#hasColours = stream.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  /** A part of the run begins. */
  part(name: string, about: string): void {
    this.line();
    this.line(`${this.bold(name)}  ${this.dim(about)}`);
  }

  /** Something happened. */
  tell(text: string): void {
    this.line(`${this.dim(`${this.seconds.toFixed(1).padStart(6)} s`)}  ${text}`);
  }

  bold(text: string): string {
    return this.#with('bold', text);
  }

  dim(text: string): string {
    return this.#with('dim', text);
  }

  good(text: string): string {
    return this.#with('green', text);
  }

  bad(text: string): string {
    return this.#with(['bold', 'red'], text);
  }

  #with(format: Format, text: string): string {
    // Whether the stream takes colours was decided already.
    return this.#hasColours ? styleText(format, text, { validateStream: false }) : text;
  }
}
