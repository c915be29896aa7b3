import { ThemisError } from '@themis-mesh/core';
import type { Answer } from '@themis-mesh/directory-kad';

/** More answers that nobody has read than that are more than any honest node has to say at once. */
const MOST_WAITING = 1024;

/** Answers, in the order in which they come, for one reader. */
export class AnswerQueue implements AsyncIterable<Answer> {
  readonly #waiting: Answer[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  push(answer: Answer): void {
    if (this.#end !== undefined) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.end(new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'a node tells more than is read'));
      return;
    }
    this.#waiting.push(answer);
    this.#wake?.();
  }

  /** What waits is still read. @param error what the reader then fails with */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Answer, void, void> {
    for (;;) {
      const answer = this.#waiting.shift();
      if (answer !== undefined) {
        yield answer;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
