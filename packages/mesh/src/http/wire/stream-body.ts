import type { Readable } from 'node:stream';
import type { BodyReader, BodySource } from './body-reader.ts';
import { readAll } from './read-all.ts';

const EMPTY = Buffer.alloc(0);

/**
 * A body that comes over a tunnel. What comes before somebody reads it waits here, at most as much as the stream has credit.
 * Whoever reads it has it as bytes, as a stream of Node, or piece by piece.
 */
export abstract class StreamBody implements BodySource {
  rawTrailers: string[] = [];
  /** Bytes that have come. */
  received = 0;
  /** Why nothing more comes, where that is not its end. */
  failure: Error | undefined;
  #isOver = false;
  /** What came before anybody asked for it. */
  #early: Buffer[] | undefined;
  #reader: BodyReader | undefined;
  #stream: Readable | undefined;

  abstract consumed(bytes: number): void;

  abstract discard(): void;

  /** Whether nothing more comes. */
  get complete(): boolean {
    return this.#isOver;
  }

  read(reader: BodyReader): void {
    this.#reader = reader;
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) for (const bytes of early) reader.onData(bytes);
    if (!this.#isOver) return;
    if (this.failure === undefined) reader.onEnd(this.rawTrailers);
    else reader.onFail(this.failure);
  }

  /** All of it. @throws why nothing more comes */
  collect(): Promise<Buffer> {
    if (this.#stream !== undefined) return readAll(this.#stream);
    const whole = this.#wholeAlready();
    if (whole !== undefined) return Promise.resolve(whole);
    return new Promise((resolve, reject) => {
      let first: Buffer | undefined;
      let more: Buffer[] | undefined;
      this.read({
        onData: (bytes) => {
          if (first === undefined) first = bytes;
          else if (more === undefined) more = [first, bytes];
          else more.push(bytes);
          this.consumed(bytes.length);
        },
        onEnd: () => resolve(more === undefined ? (first ?? EMPTY) : Buffer.concat(more)),
        onFail: reject,
      });
    });
  }

  /** The same one each time, once it was asked for. @param make makes it of this body */
  protected streamBy<T extends Readable>(make: () => T): T {
    this.#stream ??= make();
    return this.#stream as T;
  }

  protected take(bytes: Buffer): void {
    this.received += bytes.length;
    if (this.#reader !== undefined) this.#reader.onData(bytes);
    else if (this.#early === undefined) this.#early = [bytes];
    else this.#early.push(bytes);
  }

  protected finish(): void {
    this.#isOver = true;
    this.#reader?.onEnd(this.rawTrailers);
  }

  protected fail(error: Error): void {
    this.#isOver = true;
    this.failure = error;
    this.#early = undefined;
    this.#reader?.onFail(error);
  }

  /** Most bodies are short, and here before anybody asks. */
  #wholeAlready(): Buffer | undefined {
    if (!this.#isOver || this.failure !== undefined || this.#reader !== undefined) return undefined;
    const early = this.#early;
    if (early === undefined) return EMPTY;
    if (early.length > 1 || early[0] === undefined) return undefined;
    this.#early = undefined;
    return early[0];
  }
}
