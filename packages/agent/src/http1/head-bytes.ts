import { isWellLined, liningFault } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { MAX_HEAD_BYTES, MAX_START_LINE_BYTES } from './limits.ts';

/**
 * Gathers heads, and trailer sections, from bytes in any slicing. A head that is whole in what was pushed is read there; of
 * one that comes in pieces the pieces are copied together, and looked through as they come, so that what is no head is
 * refused before its end.
 */
export class HeadBytes {
  #next = 0;
  #kept: Buffer = NOTHING;
  #length = 0;
  #isTrailers = false;
  /** Whether the empty line that may stand before a head was passed over. */
  #hasSkipped = false;

  /** Where what is behind the last head begins, in the bytes that were given last. */
  get next(): number {
    return this.#next;
  }

  /** Whether a head has begun and is not all there. */
  get hasBegun(): boolean {
    return this.#length > 0;
  }

  /**
   * A trailer section comes, which may be empty: the line end before it is taken for its first, so that it ends as a head
   * does.
   */
  expectTrailers(): void {
    this.#isTrailers = true;
    this.#keep(LINE_END, 0);
  }

  /**
   * Takes bytes up to the end of the head.
   *
   * @returns the lines of the head, without the empty one at its end, once it is all there
   * @throws HttpFault
   */
  take(bytes: Buffer, start: number): string | undefined {
    if (this.#length > 0) return this.#gather(bytes, start);
    let at = start;
    // One empty line, and no more (RFC 9112 section 2.2).
    if (bytes[at] === CR && bytes[at + 1] === LF && !this.#hasSkipped) {
      this.#hasSkipped = true;
      at += 2;
    }
    const end = bytes.indexOf(HEAD_END, at);
    if (end === -1 || end + 4 - at > MAX_HEAD_BYTES) return this.#gather(bytes, at);
    return this.#finish(bytes.toString('latin1', at, end + 2), end + 4);
  }

  #gather(bytes: Buffer, start: number): string | undefined {
    const before = this.#length;
    if (before === 1 && this.#kept[0] === CR && bytes[start] === LF && !this.#hasSkipped) {
      this.#hasSkipped = true;
      this.#length = 0;
      return this.take(bytes, start + 1);
    }
    this.#keep(bytes, start);
    const kept = this.#kept.subarray(0, this.#length);
    // Only what is new is looked through, and the three bytes before it: a head that drips in costs no more than its length.
    const end = kept.indexOf(HEAD_END, Math.max(0, before - 3));
    if (end !== -1) return this.#finish(kept.toString('latin1', this.#isTrailers ? 2 : 0, end + 2), start + end + 4 - before);
    if (kept.length >= MAX_HEAD_BYTES) throw new HttpFault('head-long', `more than ${MAX_HEAD_BYTES} bytes`);
    this.#requireSound(kept, before);
    this.#next = bytes.length;
    return undefined;
  }

  #finish(text: string, next: number): string {
    this.#next = next;
    this.#length = 0;
    this.#kept = NOTHING;
    this.#isTrailers = false;
    this.#hasSkipped = false;
    if (!isWellLined(text)) throw liningFault(text);
    return text;
  }

  /** Keeps no more than a head may have. */
  #keep(bytes: Buffer, start: number): void {
    const count = Math.min(bytes.length - start, MAX_HEAD_BYTES - this.#length);
    const needed = this.#length + count;
    if (needed > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.min(MAX_HEAD_BYTES, Math.max(512, needed, 2 * this.#kept.length)));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    bytes.copy(this.#kept, this.#length, start, start + count);
    this.#length = needed;
  }

  #requireSound(kept: Buffer, before: number): void {
    const text = kept.toString('latin1', Math.max(0, before - 1));
    if (kept[0] === LF || UNSOUND.test(text)) throw liningFault(text);
    if (this.#isTrailers) return;
    const lineEnd = kept.indexOf(CR);
    if ((lineEnd === -1 ? kept.length : lineEnd) > MAX_START_LINE_BYTES)
      throw new HttpFault('start-line-long', `more than ${MAX_START_LINE_BYTES} bytes`);
  }
}

const CR = 0x0d;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

/** A control character but the tab, or half of a line end with something else beside it: what no head that goes on can have. */
const UNSOUND = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|[^\r]\n/;
