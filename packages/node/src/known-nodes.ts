import { join } from 'node:path';
import { addressShape, shape, ThemisError, type Address, type Json } from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import { readBounded, writeAtomically } from '@themis-mesh/storage';

/** How often they are written down, and how soon first. Milliseconds. */
const NOTE_MS = 30_000;
const FIRST_NOTE_MS = 2_000;

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
      return bytes === undefined ? [] : known(JSON.parse(Buffer.from(bytes).toString()) as Json, 'nodes');
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof shape.ShapeError || ThemisError.is(error)) return [];
      throw error;
    }
  }

  /** Writes them down now and then, until it is disposed of. */
  follow(addresses: () => readonly Address[], clock: Clock, onTrouble: (error: ThemisError) => void): AsyncDisposable {
    let writing = Promise.resolve();
    let callOff = (): void => undefined;
    const write = (): void => {
      writing = this.#write(addresses()).catch((error: unknown) => {
        if (ThemisError.is(error)) onTrouble(error);
        else throw error;
      });
      callOff = clock.after(NOTE_MS, write);
    };
    callOff = clock.after(FIRST_NOTE_MS, write);
    return {
      [Symbol.asyncDispose]: async () => {
        callOff();
        await writing;
      },
    };
  }

  async #write(addresses: readonly Address[]): Promise<void> {
    const text = JSON.stringify(addresses.slice(0, MOST_KNOWN).map(({ host, port }) => ({ host, port })));
    if (text === this.#last || addresses.length === 0) return;
    await writeAtomically(this.#path, Buffer.from(text));
    this.#last = text;
  }
}
