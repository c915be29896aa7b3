import { END, FRAME } from './frame.ts';
import type { Outbox } from './outbox.ts';

/** What a stream has to send and could not yet, in its order: data, and heads as text. */
export class SendQueue {
  readonly #stream: number;
  readonly #outbox: Outbox;
  #items: (Buffer | string)[] = [];
  /** Those before it are sent. */
  #first = 0;

  constructor(stream: number, outbox: Outbox) {
    this.#stream = stream;
    this.#outbox = outbox;
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  /** Whether what comes next is data: heads need no credit. */
  get needsCredit(): boolean {
    return typeof this.#items[this.#first] === 'object';
  }

  add(item: Buffer | string): void {
    this.#items.push(item);
  }

  /**
   * Sends what comes first. Not to be called where nothing does.
   *
   * @param most the most bytes of data; more than 0 where data comes first
   * @param isEnding whether the last of what waits is the end
   * @returns how many bytes were sent
   */
  sendFirst(most: number, isEnding: boolean): number {
    const item = this.#items[this.#first] ?? '';
    if (typeof item === 'string') {
      this.#shift();
      this.#outbox.addText(FRAME.head, isEnding && this.isEmpty ? END : 0, this.#stream, item);
      return item.length;
    }
    if (item.length <= most) {
      this.#shift();
      this.#outbox.add(FRAME.data, isEnding && this.isEmpty ? END : 0, this.#stream, item);
      return item.length;
    }
    this.#items[this.#first] = item.subarray(most);
    this.#outbox.add(FRAME.data, 0, this.#stream, item.subarray(0, most));
    return most;
  }

  #shift(): void {
    // What is sent is not kept for the sake of what is not.
    this.#items[this.#first] = '';
    this.#first += 1;
    if (this.#first * 2 < this.#items.length) return;
    this.#items.splice(0, this.#first);
    this.#first = 0;
  }
}
