import { IdentityId, InstanceName, isDialableHost, MAX_RECORD_BYTES, type Address, type SignedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import type { Contact } from '../contact.ts';
import { asPlace, PLACE_BYTES, type Place } from '../place.ts';
import { MAX_CONTACTS } from './answer.ts';
import { KEY } from './wire.ts';

const ID_LENGTH = 52;

/** The highest index of a node: what a charter may allow one member is 64. */
const MAX_INDEX = 63;

/** What is in the place of a message and is none. Never leaves the parser: it becomes a refusal. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** Reads the parts of a message one after the other. Everything that it reads is checked as far as bytes alone tell. */
export class MessageParts {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws MalformedMessage where something is behind the last part */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedMessage(`${this.#bytes.length - this.#at} bytes behind the end`);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  two(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  four(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  flag(): boolean {
    return this.#upTo(1, 'a flag') === 1;
  }

  text(max: number): string {
    const length = this.#upTo(max, 'a length');
    const at = this.#take(length);
    const text = this.#bytes.toString('latin1', at, at + length);
    if (!/^[ -~]*$/.test(text)) throw new MalformedMessage('a text that is not printable ASCII');
    return text;
  }

  /** A copy: what it lay in is used again. */
  blob(max: number): Uint8Array {
    const length = this.four();
    if (length > max) throw new MalformedMessage(`${length} bytes, at most ${max}`);
    const at = this.#take(length);
    return Uint8Array.prototype.slice.call(this.#bytes, at, at + length);
  }

  maybe<T>(read: () => T): T | undefined {
    return this.flag() ? read() : undefined;
  }

  index(): number {
    return this.#upTo(MAX_INDEX, 'an index');
  }

  address(): Address {
    const host = this.text(253);
    const port = this.two();
    if (port === 0 || !isDialableHost(host)) throw new MalformedMessage('an address that nobody may dial');
    return { host, port };
  }

  contacts(): readonly Contact[] {
    const count = this.#upTo(MAX_CONTACTS, 'a number of contacts');
    return Array.from({ length: count }, () => ({ identity: this.#id(), index: this.index(), address: this.address() }));
  }

  place(): Place {
    const at = this.#take(PLACE_BYTES);
    const place = asPlace(Uint8Array.prototype.slice.call(this.#bytes, at, at + PLACE_BYTES));
    if (place === undefined) throw new MalformedMessage('no place');
    return place;
  }

  key(): Watched {
    const kind = this.byte();
    const id = this.#id();
    switch (kind) {
      case KEY.history:
        return { kind: 'history', id };
      case KEY.charter:
        return { kind: 'charter', id };
      case KEY.head:
        return { kind: 'head', id, by: this.#id() };
      case KEY.service:
        return { kind: 'service', id };
      case KEY.instance:
        return { kind: 'instance', id, instance: this.#instance() };
      case KEY.instances:
        return { kind: 'instances', id };
      default:
        throw new MalformedMessage(`a key of kind ${kind}`);
    }
  }

  record(): SignedRecord {
    const key = this.key();
    if (key.kind === 'instances') throw new MalformedMessage('a record under the key of many');
    return { key, bytes: this.blob(MAX_RECORD_BYTES[key.kind]) };
  }

  #id(): IdentityId {
    const at = this.#take(ID_LENGTH);
    const id = IdentityId.parse(this.#bytes.toString('latin1', at, at + ID_LENGTH));
    if (id === undefined) throw new MalformedMessage('no ID of an identity');
    return id;
  }

  #instance(): InstanceName {
    const name = InstanceName.parse(this.text(64));
    if (name === undefined) throw new MalformedMessage('no name of an instance');
    return name;
  }

  #upTo(max: number, what: string): number {
    const value = this.byte();
    if (value > max) throw new MalformedMessage(`${what} of ${value}, at most ${max}`);
    return value;
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new MalformedMessage('it ends too early');
    this.#at = at + count;
    return at;
  }
}
