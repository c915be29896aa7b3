import { Settling } from './settling.ts';

export interface FollowedFileOptions {
  /** What the file holds now. @throws where it cannot be read */
  readonly read: () => Promise<Uint8Array>;
  /** What is in force at the start. Undefined: not known, so that the first look takes what it finds. */
  readonly inForce?: Uint8Array | undefined;
  /** Takes what the file came to hold. Where it throws, what was in force stays, and it is tried again at the next look. */
  readonly take: (bytes: Uint8Array) => void | Promise<void>;
  /** The file cannot be read, or what it holds is not taken. Told once for each way in which that is so. */
  readonly onFailure: (error: unknown) => void;
  /** How often it is looked at. Milliseconds; default 200. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 200;

/**
 * A file, while it changes. It is looked at rather than watched: that works on every file system, however the file is replaced.
 * An update that is not sound as a whole changes nothing, and is told of.
 */
export class FollowedFile implements Disposable {
  readonly #options: FollowedFileOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #settling = new Settling();
  #inForce: Uint8Array | undefined;
  #failure: string | undefined;
  #isLooking = false;

  constructor(options: FollowedFileOptions) {
    this.#options = options;
    this.#inForce = options.inForce;
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /** Looks now. Does not throw. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.#failure) this.#options.onFailure(error);
      this.#failure = failure;
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const { read, take } = this.#options;
    const bytes = await read();
    if (!this.#settling.isSettled(bytes)) return;
    const isSame = this.#inForce !== undefined && Buffer.compare(bytes, this.#inForce) === 0;
    if (!isSame) await take(bytes);
    this.#inForce = bytes;
    this.#failure = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
