/**
 * In how many pieces what nobody passed on yet came. Pieces are passed on in their order, but told of in bytes; so it counts by
 * two generations, of which the older ends when all that had come at its end was passed on: never too few, and at most those of
 * twice what is held.
 */
export class Backlog {
  #older = 0;
  #newer = 0;
  /** How many bytes had come, in all, at the end of the older generation. */
  #mark = 0;

  get pieces(): number {
    return this.#older + this.#newer;
  }

  /** A piece came that was not passed on at once. */
  add(): void {
    this.#newer += 1;
  }

  /** @param consumedEver bytes passed on, in all. @param unread bytes that are not. @returns how many pieces fewer there are */
  passedOn(consumedEver: number, unread: number): number {
    if (unread === 0) return this.clear();
    if (consumedEver < this.#mark) return 0;
    const gone = this.#older;
    this.#older = this.#newer;
    this.#newer = 0;
    this.#mark = consumedEver + unread;
    return gone;
  }

  /** @returns how many there were */
  clear(): number {
    const gone = this.pieces;
    this.#older = 0;
    this.#newer = 0;
    this.#mark = 0;
    return gone;
  }
}
