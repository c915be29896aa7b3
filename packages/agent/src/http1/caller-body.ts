import { Readable } from 'node:stream';
import type { Fields } from '../http/fields.ts';

/** The body of a request while it comes, as what sends it wants it: a stream of Node, at the pace of its reader. */
export class CallerBody extends Readable {
  readonly #onRoom: () => void;
  #trailers: Fields = [];

  /** @param onRoom called when more is welcome, after `push` returned false */
  constructor(onRoom: () => void) {
    super();
    this.#onRoom = onRoom;
  }

  /** What came behind it, as pairs: to be asked when it has ended. */
  trailers(): readonly [string, string][] {
    const pairs: [string, string][] = [];
    for (let at = 0; at < this.#trailers.length; at += 2) pairs.push([this.#trailers[at] ?? '', this.#trailers[at + 1] ?? '']);
    return pairs;
  }

  /** It is whole. */
  finish(trailers: Fields): void {
    this.#trailers = trailers;
    this.push(null);
  }

  override _read(): void {
    this.#onRoom();
  }
}
