import type { FilePolicy } from './file-policy.ts';
import { bytesOf, policyIn } from './policy-file.ts';
import { Settling } from './settling.ts';

export interface FollowOptions {
  readonly file: string;
  /** Hears of each policy that the file comes to hold. */
  readonly onPolicy: (policy: FilePolicy) => void;
  /** The file holds no policy, or cannot be read: told once for each way in which it cannot. What was in force stays. */
  readonly onFailure: (error: unknown) => void;
  /** How often it is looked at. Milliseconds; default 200. */
  readonly everyMs?: number;
}

const EVERY_MS = 200;

/**
 * A policy in a file, while the file changes. It is looked at rather than watched: that works on every file system, however the
 * file is replaced.
 */
export class FollowedPolicy implements Disposable {
  readonly #options: FollowOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #settling = new Settling();
  #bytes: Uint8Array;
  #failure: string | undefined;
  #isLooking = false;

  private constructor(options: FollowOptions, bytes: Uint8Array) {
    this.#options = options;
    this.#bytes = bytes;
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /** Reads it for the first time, and tells of it. @throws ThemisError where it holds no policy, or cannot be read */
  static async start(options: FollowOptions): Promise<FollowedPolicy> {
    const bytes = await bytesOf(options.file);
    options.onPolicy(await policyIn(bytes, options.file));
    return new FollowedPolicy(options, bytes);
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
    const { file, onPolicy } = this.#options;
    const bytes = await bytesOf(file);
    if (!this.#settling.isSettled(bytes)) return;
    const isSame = Buffer.compare(bytes, this.#bytes) === 0;
    if (isSame && this.#failure === undefined) return;
    const policy = await policyIn(bytes, file);
    this.#failure = undefined;
    this.#bytes = bytes;
    if (!isSame) onPolicy(policy);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
