/**
 * Tells whole states of a file from those that an editor leaves while it writes: what is read twice in a row has settled. The
 * first lines of YAML may be good YAML that says less, so that a rule that denies is not there yet; the beginning of JSON is not
 * JSON, and needs no waiting.
 */
export class Settling {
  #last: Uint8Array | undefined;

  /** @returns whether it may be taken for what was meant */
  isSettled(bytes: Uint8Array): boolean {
    const isSame = this.#last !== undefined && Buffer.compare(bytes, this.#last) === 0;
    this.#last = bytes;
    return isSame || bytes[0] === OBJECT || bytes[0] === TEXT;
  }
}

const [OBJECT, TEXT] = [0x7b, 0x22];
