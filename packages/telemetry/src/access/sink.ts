import { constants, writeSync } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';

/** Where lines go. One write is under way at a time. */
export interface LineSink {
  /** Resolves when the lines are out of this process. @throws where they are not; then a part of them may be */
  write(lines: string): Promise<void>;
  /** Before the process ends, where nothing can be waited for. */
  writeNow(lines: string): void;
  /** Opens anew by the same name, for whoever has moved the file away. @throws ThemisError; the file before stays */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A file that lines are appended to, which nobody but its user may read. Where it was moved away or removed, a new one is begun
 * with the next lines. Several processes may share one: each write is of whole lines.
 */
export class FileSink implements LineSink {
  readonly #path: string;
  #file: FileHandle;
  /** What was written last may have ended within a line. */
  #isTorn = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws ThemisError `THEMIS_CONFIG_INVALID` for what is no file of its own, or cannot be written */
  static async open(path: string): Promise<FileSink> {
    return new FileSink(path, await openToAppend(path));
  }

  async write(lines: string): Promise<void> {
    // Whoever moved it away has told nobody.
    if (await this.#isGone()) await this.reopen().catch(() => undefined);
    try {
      await this.#file.appendFile(this.#isTorn ? `\n${lines}` : lines);
      this.#isTorn = false;
    } catch (error) {
      this.#isTorn = true;
      throw error;
    }
  }

  writeNow(lines: string): void {
    writeSync(this.#file.fd, lines);
  }

  async reopen(): Promise<void> {
    const after = await openToAppend(this.#path);
    const before = this.#file;
    this.#file = after;
    this.#isTorn = false;
    await before.close();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Whether its name leads elsewhere by now. */
  async #isGone(): Promise<boolean> {
    const [own, named] = await Promise.all([this.#file.stat(), lstat(this.#path).catch(() => undefined)]);
    return named?.ino !== own.ino || named.dev !== own.dev;
  }
}

/** A function of the program. */
export class CallSink implements LineSink {
  readonly #take: (lines: string) => void;

  constructor(take: (lines: string) => void) {
    this.#take = take;
  }

  async write(lines: string): Promise<void> {
    this.#take(lines);
  }

  writeNow(lines: string): void {
    this.#take(lines);
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A stream of this process, such as its standard output. It is not closed with the log. */
export class StreamSink implements LineSink {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Without a listener the end of whoever reads it would end the process.
    stream.on('error', ignore);
  }

  write(lines: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(lines, (error) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
  }

  writeNow(lines: string): void {
    this.#stream.write(lines);
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#stream.off('error', ignore);
    return Promise.resolve();
  }
}

function ignore(): void {
  // Each write says by itself that it failed.
}

/**
 * No link is followed, so that nobody who may write into the folder has lines written elsewhere; and it does not wait for a
 * reader, as opening a pipe would.
 */
async function openToAppend(path: string): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new ThemisError('THEMIS_CONFIG_INVALID', `the access log ${path} cannot be opened: ${why}`, { cause });
  }
  const kind = await file.stat();
  if (kind.isFile() || path === '/dev/null') return file;
  await file.close();
  throw new ThemisError('THEMIS_CONFIG_INVALID', `the access log ${path} is no regular file`);
}
