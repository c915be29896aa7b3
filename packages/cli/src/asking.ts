import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Output } from './output/output.ts';

/** A person at a terminal who is asked yes or no, one question at a time. */
export class Asking implements Disposable {
  readonly #lines: Interface;
  readonly #err: Output;
  #answer: ((line: string) => void) | undefined;

  constructor(input: Readable, err: Output) {
    // Not as a terminal: its own line editing stays, and Ctrl-C is a signal as always.
    this.#lines = createInterface({ input, terminal: false });
    // What is typed while nothing is asked answers nothing: least of all a question that comes later.
    this.#lines.on('line', (line) => this.#answer?.(line));
    this.#lines.on('close', () => this.#answer?.(''));
    this.#err = err;
  }

  /** @returns whether the answer is yes; false also where the signal ended before it */
  async ask(question: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const onAbort = (): void => {
      this.#err.lines(['', '(the other side has gone)']);
      resolve('');
    };
    this.#err.stream.write(question.join('\n'));
    this.#answer = resolve;
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return /^\s*y(es)?\s*$/i.test(await promise);
    } finally {
      this.#answer = undefined;
      signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }
}
