import type { Answer } from '@themis-mesh/directory-kad';

/** Answers that are pushed by one side and read by the other. */
export class PushedAnswers implements AsyncIterable<Answer> {
  readonly #waiting: Answer[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  push(answer: Answer): void {
    this.#waiting.push(answer);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Answer, void, void> {
    while (!this.#isEnded) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
