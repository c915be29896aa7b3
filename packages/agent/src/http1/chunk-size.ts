import { MAX_CHUNK_DIGITS, MAX_EXTENSION_BYTES } from './limits.ts';
import { HttpFault } from './http-fault.ts';

/**
 * Reads the lines that say how long chunks are (RFC 9112 section 7.1), byte by byte, in any slicing. Extensions are checked
 * and dropped; the whitespace that some put around them (`BWS`) is refused.
 */
export class ChunkSize {
  #next = 0;
  #size = 0;
  #digits = 0;
  #extension = '';
  #extensionBytes = 0;
  #at: 'size' | 'extension' | 'line-feed' = 'size';

  get next(): number {
    return this.#next;
  }

  /** A new message begins. */
  reset(): void {
    this.#extensionBytes = 0;
  }

  /**
   * @returns the size of the chunk, once its line is all there; {@link next} is then what follows it
   * @throws HttpFault
   */
  take(bytes: Buffer, start: number): number | undefined {
    for (let at = start; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      switch (this.#at) {
        case 'size':
          this.#takeDigit(byte);
          break;
        case 'extension':
          this.#takeExtension(byte);
          break;
        case 'line-feed':
          if (byte !== LF) throw new HttpFault('chunk-size', 'a line with a chunk size that ends in a bare CR');
          this.#next = at + 1;
          return this.#finish();
      }
    }
    this.#next = bytes.length;
    return undefined;
  }

  #takeDigit(byte: number): void {
    const digit = DIGITS[byte] ?? NO_DIGIT;
    if (digit !== NO_DIGIT) {
      this.#digits += 1;
      if (this.#digits > MAX_CHUNK_DIGITS) throw new HttpFault('chunk-size', `more than ${MAX_CHUNK_DIGITS} digits`);
      this.#size = this.#size * 16 + digit;
    } else if (this.#digits > 0 && byte === CR) {
      this.#at = 'line-feed';
    } else if (this.#digits > 0 && byte === SEMICOLON) {
      this.#at = 'extension';
      this.#takeExtension(byte);
    } else {
      throw new HttpFault('chunk-size', 'a chunk size that is none');
    }
  }

  #takeExtension(byte: number): void {
    if (byte === CR) {
      this.#at = 'line-feed';
      if (!EXTENSIONS.test(this.#extension)) throw new HttpFault('chunk-extension', 'a chunk extension that is none');
      return;
    }
    this.#extensionBytes += 1;
    if (this.#extensionBytes > MAX_EXTENSION_BYTES)
      throw new HttpFault('chunk-extension', `more than ${MAX_EXTENSION_BYTES} bytes of chunk extensions`);
    if (byte === LF) throw new HttpFault('chunk-extension', 'a line feed in a chunk extension');
    this.#extension += String.fromCharCode(byte);
  }

  #finish(): number {
    const size = this.#size;
    this.#size = 0;
    this.#digits = 0;
    this.#extension = '';
    this.#at = 'size';
    return size;
  }
}

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

const NO_DIGIT = 255;
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** `;name`, `;name=token`, `;name="quoted"`, any number of times (RFC 9112 section 7.1.1). */
const EXTENSIONS =
  /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"))?)*$/;
