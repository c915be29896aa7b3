import type { Writable } from 'node:stream';
import { Paint } from './paint.ts';

/** One of the two streams that a command writes to. */
export class Output {
  readonly stream: Writable;
  readonly isTerminal: boolean;
  readonly paint: Paint;

  /** Colours are for terminals only, and not where NO_COLOR (no-color.org) or a dumb terminal asks for none. */
  constructor(stream: Writable & { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv) {
    this.stream = stream;
    this.isTerminal = stream.isTTY === true;
    const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
    this.paint = new Paint(this.isTerminal && !isPlain);
  }

  lines(lines: readonly string[]): void {
    this.stream.write(lines.map((line) => `${line}\n`).join(''));
  }
}
