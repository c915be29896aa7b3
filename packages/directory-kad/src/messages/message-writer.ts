import { type Address, type SignedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import type { Contact } from '../contact.ts';
import { KEY, VERSION } from './wire.ts';

/** Writes the parts of a message one after the other, into a buffer that grows. Numbers are big-endian and without sign. */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  #length = 0;

  constructor(type: number) {
    this.byte(VERSION);
    this.byte(type);
  }

  /** What was written. The writer must not be used after it. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  two(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  four(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  /** Bytes of a length that the reader knows. */
  fixed(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** One byte of length, then one byte a sign. */
  text(text: string): void {
    this.byte(text.length);
    const at = this.#room(text.length);
    this.#bytes.write(text, at, 'latin1');
  }

  /** Four bytes of length, then the bytes. */
  blob(bytes: Uint8Array): void {
    this.four(bytes.length);
    this.fixed(bytes);
  }

  /** A byte that says whether it is there, then what `write` writes of it. */
  maybe<T>(value: T | undefined, write: (value: T) => void): void {
    this.byte(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
  }

  address({ host, port }: Address): void {
    this.text(host);
    this.two(port);
  }

  contact({ identity, index, address }: Contact): void {
    this.#id(identity);
    this.byte(index);
    this.address(address);
  }

  contacts(contacts: readonly Contact[]): void {
    this.byte(contacts.length);
    for (const contact of contacts) this.contact(contact);
  }

  key(key: Watched): void {
    this.byte(KEY[key.kind]);
    this.#id(key.id);
    if (key.kind === 'head') this.#id(key.by);
    if (key.kind === 'instance') this.text(key.instance);
  }

  record({ key, bytes }: SignedRecord): void {
    this.key(key);
    this.blob(bytes);
  }

  #id(id: string): void {
    const at = this.#room(id.length);
    this.#bytes.write(id, at, 'latin1');
  }

  /** @returns where the next bytes go */
  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 4));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
