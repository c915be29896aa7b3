/** Runs one thing, never twice at a time: calls that come while it runs are served together by the run after it. */
export class OneAtATime<T> {
  readonly #run: () => Promise<T>;
  #underWay: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(run: () => Promise<T>) {
    this.#run = run;
  }

  /** Runs it. What it resolves to is of a run that began after the call. */
  now(): Promise<T> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#after(this.#underWay);
    return this.#next;
  }

  /** What runs now; undefined where nothing does. */
  get underWay(): Promise<T> | undefined {
    return this.#underWay;
  }

  async #after(underWay: Promise<T>): Promise<T> {
    await underWay.catch(() => undefined);
    this.#next = undefined;
    // Whoever called between the two turns began one already.
    return this.#underWay ?? this.#begin();
  }

  #begin(): Promise<T> {
    const run = this.#run();
    this.#underWay = run;
    const end = (): void => {
      this.#underWay = undefined;
    };
    run.then(end, end);
    return run;
  }
}
