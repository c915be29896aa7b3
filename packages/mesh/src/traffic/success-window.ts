/** How many answers there were within about a window of time, and how many of them were good. */
export class SuccessWindow {
  readonly #half: number;
  #since = -Infinity;
  #good = 0;
  #bad = 0;
  #goodBefore = 0;
  #badBefore = 0;

  /** @param span milliseconds. What is counted is at least half of it and at most all. */
  constructor(span: number) {
    this.#half = span / 2;
  }

  note(isGood: boolean, now: number): void {
    this.#turn(now);
    if (isGood) this.#good += 1;
    else this.#bad += 1;
  }

  volume(now: number): number {
    this.#turn(now);
    return this.#good + this.#bad + this.#goodBefore + this.#badBefore;
  }

  /** 0 to 100; 100 where there was no answer. */
  successPercent(now: number): number {
    const volume = this.volume(now);
    return volume === 0 ? 100 : ((this.#good + this.#goodBefore) * 100) / volume;
  }

  clear(): void {
    this.#since = -Infinity;
    this.#good = this.#bad = this.#goodBefore = this.#badBefore = 0;
  }

  #turn(now: number): void {
    const age = now - this.#since;
    if (age < this.#half) return;
    const isNext = age < 2 * this.#half;
    this.#goodBefore = isNext ? this.#good : 0;
    this.#badBefore = isNext ? this.#bad : 0;
    this.#good = this.#bad = 0;
    this.#since = now;
  }
}
