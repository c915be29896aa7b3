import { TAG } from './der-reader.ts';

/** Tag, the shortest length, content (X.690 sections 8.1 and 10.1). */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = contents.length === 1 ? (contents[0] as Uint8Array) : Buffer.concat(contents);
  return Buffer.concat([header(tag, content.length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.sequence, ...parts);
}

/** A SET of one: the only kind that certificates of ours have, and one that needs no sorting. */
export function setOfOne(part: Uint8Array): Uint8Array {
  return element(TAG.set, part);
}

/** Context-specific tag around other elements (EXPLICIT). */
export function explicit(number: number, part: Uint8Array): Uint8Array {
  return element(0xa0 | number, part);
}

/** Context-specific tag in place of a primitive one (IMPLICIT). */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return element(0x80 | number, content);
}

/** @param magnitude big-endian, taken as unsigned */
export function unsignedInteger(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first);
  return (digits[0] as number) >= 0x80 ? element(TAG.integer, Uint8Array.of(0), digits) : element(TAG.integer, digits);
}

/** @param value 0 to 127 */
export function smallInteger(value: number): Uint8Array {
  return element(TAG.integer, Uint8Array.of(value));
}

/** TRUE: what is FALSE by default is left out when it is. */
export function yes(): Uint8Array {
  return element(TAG.boolean, Uint8Array.of(0xff));
}

export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return element(TAG.bitString, Uint8Array.of(unused), bytes);
}

/** A BIT STRING with one named bit. */
export function namedBit(bit: number): Uint8Array {
  const octets = new Uint8Array(Math.floor(bit / 8) + 1);
  octets[octets.length - 1] = 0x80 >> (bit % 8);
  return bitString(octets, 7 - (bit % 8));
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return element(TAG.octetString, bytes);
}

export function utf8String(bytes: Uint8Array): Uint8Array {
  return element(TAG.utf8String, bytes);
}

export function printableString(text: string): Uint8Array {
  return element(TAG.printableString, Buffer.from(text, 'latin1'));
}

/** @param dotted components below 2^31 */
export function oid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(TAG.oid, Uint8Array.from([root * 40 + second, ...rest].flatMap(base128)));
}

/**
 * UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5).
 *
 * @param seconds since 1970, from 1950 to the end of 9999
 */
export function time(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? element(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : element(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}

function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length);
  if (length < 0x1_0000) return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff);
  return Uint8Array.of(tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

function base128(component: number): readonly number[] {
  const octets = [component % 128];
  for (let rest = Math.floor(component / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return octets;
}
