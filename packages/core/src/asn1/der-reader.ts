/** What can be wrong with an encoding, by its X.690 rule. */
export type DerDefect =
  | 'truncated'
  | 'missing'
  | 'surplus'
  | 'tag'
  | 'tag-long'
  | 'constructed'
  | 'length-indefinite'
  | 'length-padded'
  | 'length-long'
  | 'integer-empty'
  | 'integer-padded'
  | 'boolean'
  | 'default'
  | 'bits'
  | 'oid';

/**
 * Says which rule of DER the bytes break, and where. Never leaves this package: the reader of a certificate turns it into
 * a refusal.
 */
export class DerError extends Error {
  override readonly name = 'DerError';
  readonly defect: DerDefect;

  constructor(defect: DerDefect, what: string) {
    super(what);
    this.defect = defect;
  }
}

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly bytes: Uint8Array;
}

export interface BitString {
  readonly bytes: Uint8Array;
  /** How many bits of the last octet are not part of the value. */
  readonly unused: number;
}

/** Tags of X.690 section 8.1.2, as they stand in the one octet that DER spends on the tags of certificates. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONSTRUCTED = 0x20;

// 16 MiB: more than any certificate that is looked at.
const MAX_LENGTH_OCTETS = 3;

// Go and pyca/cryptography read no component beyond it: certificates that others should take cannot have one.
const MAX_COMPONENT = 0x7fff_ffff;

/**
 * Reads the elements of one constructed value in order, taking nothing that DER (X.690 section 10) forbids.
 *
 * It goes down one level each time its user calls {@link enter}, and never by itself: depth is bounded by the code that
 * reads, not by the input.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @param what the name of the element wanted, for the error */
  next(what: string): DerElement {
    if (this.done) throw new DerError('missing', what);
    const start = this.#at;
    const tag = this.#octet(what);
    if ((tag & 0x1f) === 0x1f) throw new DerError('tag-long', what);
    const length = this.#length(what);
    if (length > this.#bytes.length - this.#at) throw new DerError('truncated', what);
    const from = this.#at;
    this.#at += length;
    return { tag, content: this.#bytes.subarray(from, this.#at), bytes: this.#bytes.subarray(start, this.#at) };
  }

  expect(tag: number, what: string): DerElement {
    const element = this.next(what);
    if (element.tag === tag) return element;
    throw new DerError(element.tag === (tag | CONSTRUCTED) ? 'constructed' : 'tag', `${what}: tag ${element.tag}, wanted ${tag}`);
  }

  /** The next element where it has that tag. */
  optional(tag: number, what: string): DerElement | undefined {
    return this.#bytes[this.#at] === tag ? this.next(what) : undefined;
  }

  enter(tag: number, what: string): DerReader {
    return new DerReader(this.expect(tag, what).content);
  }

  /** Nothing may follow. */
  finish(what: string): void {
    if (!this.done) throw new DerError('surplus', what);
  }

  /** Two's complement, in as few octets as it takes (X.690 section 8.3). */
  integer(what: string): Uint8Array {
    const { content } = this.expect(TAG.integer, what);
    const [first, second] = content;
    if (first === undefined) throw new DerError('integer-empty', what);
    const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (padded) throw new DerError('integer-padded', what);
    return content;
  }

  /** A BOOLEAN whose default is FALSE: where it stands it is TRUE, and 0xff (X.690 sections 11.1 and 11.5). */
  flag(what: string): boolean {
    const element = this.optional(TAG.boolean, what);
    if (element === undefined) return false;
    if (element.content.length === 1 && element.content[0] === 0) throw new DerError('default', what);
    if (element.content.length !== 1 || element.content[0] !== 0xff) throw new DerError('boolean', what);
    return true;
  }

  /** The unused bits are zero (X.690 section 11.2.1). */
  bitString(what: string): BitString {
    const { content } = this.expect(TAG.bitString, what);
    const [unused] = content;
    const last = content.at(-1);
    if (unused === undefined || last === undefined || unused > 7) throw new DerError('bits', what);
    if (unused > 0 && (content.length === 1 || (last & ((1 << unused) - 1)) !== 0)) throw new DerError('bits', what);
    return { bytes: content.subarray(1), unused };
  }

  /** A BIT STRING of whole octets. */
  octetsOfBits(what: string): Uint8Array {
    const { bytes, unused } = this.bitString(what);
    if (unused !== 0) throw new DerError('bits', what);
    return bytes;
  }

  /** The numbers of the bits set in a BIT STRING with named bits: it ends with a bit that is set (X.690 section 11.2.2). */
  namedBits(what: string): readonly number[] {
    const { bytes, unused } = this.bitString(what);
    const last = bytes.at(-1);
    if (last !== undefined && (last & (1 << unused)) === 0) throw new DerError('bits', what);
    return [...bytes].flatMap((octet, index) =>
      BITS.filter((bit) => (octet & (0x80 >> bit)) !== 0).map((bit) => index * 8 + bit),
    );
  }

  /** Dotted decimal (X.690 section 8.19). */
  oid(what: string): string {
    const { content } = this.expect(TAG.oid, what);
    const components: number[] = [];
    let component = 0;
    let begun = false;
    for (const octet of content) {
      if (!begun && octet === 0x80) throw new DerError('oid', what);
      component = component * 128 + (octet & 0x7f);
      if (component > MAX_COMPONENT) throw new DerError('oid', what);
      begun = octet >= 0x80;
      if (begun) continue;
      components.push(component);
      component = 0;
    }
    const [head] = components;
    if (begun || head === undefined) throw new DerError('oid', what);
    const root = Math.min(Math.floor(head / 40), 2);
    return [root, head - root * 40, ...components.slice(1)].join('.');
  }

  #octet(what: string): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw new DerError('truncated', what);
    this.#at += 1;
    return octet;
  }

  #length(what: string): number {
    const first = this.#octet(what);
    if (first < 0x80) return first;
    if (first === 0x80) throw new DerError('length-indefinite', what);
    const count = first & 0x7f;
    if (this.#bytes[this.#at] === 0) throw new DerError('length-padded', what);
    if (count > MAX_LENGTH_OCTETS) throw new DerError('length-long', what);
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#octet(what);
    if (length < 0x80) throw new DerError('length-padded', what);
    return length;
  }
}

const BITS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];
