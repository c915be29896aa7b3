/** Tells one waiter that something happened since it last looked; how often does not matter. */
export class Latch {
  #raised = false;
  #ended = false;
  #wake: () => void = () => {};

  raise(): void {
    this.#raised = true;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Waits until it is raised, and lowers it. @returns false where it has ended */
  async wait(): Promise<boolean> {
    while (!this.#raised && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#raised = false;
    return !this.#ended;
  }
}
