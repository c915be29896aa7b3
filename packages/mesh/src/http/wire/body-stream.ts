import { Readable } from 'node:stream';
import type { BodyReader, BodySource } from './body-reader.ts';

/** A body that comes over a tunnel, as a stream of Node, at the pace of its reader. Whoever destroys it lets go of the body. */
export class BodyStream extends Readable implements BodyReader {
  readonly #body: BodySource;
  #isComplete = false;
  /** Bytes in the stream's buffer that nobody has asked for. */
  #unasked = 0;

  constructor(body: BodySource) {
    super();
    this.#body = body;
    body.read(this);
  }

  get rawTrailers(): string[] {
    return this.#body.rawTrailers;
  }

  get complete(): boolean {
    return this.#isComplete;
  }

  onData(bytes: Buffer): void {
    if (this.push(bytes)) this.#body.consumed(bytes.length);
    else this.#unasked += bytes.length;
  }

  onEnd(): void {
    this.#isComplete = true;
    this.push(null);
  }

  onFail(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    const bytes = this.#unasked;
    this.#unasked = 0;
    if (bytes > 0) this.#body.consumed(bytes);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#body.discard();
    done(error);
  }
}
