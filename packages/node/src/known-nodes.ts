import { join } from 'node:path';
import { addressShape, shape, ThemisError, type Address } from '@themis-mesh/core';
import { readBounded, writeAtomically } from '@themis-mesh/storage';

/** So many addresses are enough to find the others by. */
const MOST_KNOWN = 64;
const MOST_BYTES = 16_384;

const known = shape.array(addressShape, { max: MOST_KNOWN });

/** Where other nodes were last, on disk: a node finds back by itself, though whoever it first asked is gone. */
export class KnownNodes {
  readonly #path: string;
  #last = '';

  constructor(folder: string) {
    this.#path = join(folder, 'nodes.json');
  }

  /** @returns none where nothing sound is there: it helps to find others, and nobody is believed for it */
  async read(): Promise<readonly Address[]> {
    try {
      const bytes = await readBounded(this.#path, MOST_BYTES);
      return bytes === undefined ? [] : known(JSON.parse(Buffer.from(bytes).toString()), 'nodes');
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof shape.ShapeError || ThemisError.is(error)) return [];
      throw error;
    }
  }

  /** @throws ThemisError where it cannot be written */
  async write(addresses: readonly Address[]): Promise<void> {
    const text = JSON.stringify(addresses.slice(0, MOST_KNOWN).map(({ host, port }) => ({ host, port })));
    if (text === this.#last || addresses.length === 0) return;
    await writeAtomically(this.#path, Buffer.from(text));
    this.#last = text;
  }
}
