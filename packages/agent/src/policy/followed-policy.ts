import { FollowedFile } from '../follow/followed-file.ts';
import type { FilePolicy } from './file-policy.ts';
import { bytesOf, policyIn } from './policy-file.ts';

export interface FollowOptions {
  readonly file: string;
  /** Hears of each policy that the file comes to hold. */
  readonly onPolicy: (policy: FilePolicy) => void;
  /** The file holds no policy, or cannot be read: told once for each way in which it cannot. What was in force stays. */
  readonly onFailure: (error: unknown) => void;
  /** How often it is looked at. Milliseconds; default 200. */
  readonly everyMs?: number;
}

/** A policy in a file, while the file changes. */
export class FollowedPolicy implements Disposable {
  readonly #file: FollowedFile;

  private constructor(file: FollowedFile) {
    this.#file = file;
  }

  /** Reads it for the first time, and tells of it. @throws ThemisError where it holds no policy, or cannot be read */
  static async start({ file, onPolicy, onFailure, everyMs }: FollowOptions): Promise<FollowedPolicy> {
    const read = (): Promise<Uint8Array> => bytesOf(file);
    const take = async (bytes: Uint8Array): Promise<void> => {
      onPolicy(await policyIn(bytes, file));
    };
    const inForce = await read();
    await take(inForce);
    return new FollowedPolicy(new FollowedFile({ read, take, inForce, onFailure, everyMs }));
  }

  /** Looks now. Does not throw. */
  look(): Promise<void> {
    return this.#file.look();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
