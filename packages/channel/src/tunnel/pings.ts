import { ACK, FRAME } from './frame.ts';
import type { Outbox } from './outbox.ts';

/** Pings of ours that may be unanswered at one time. */
const MOST_UNANSWERED = 16;

/** Asks the other side of a tunnel whether it is there, and answers when it asks. */
export class Pings {
  readonly #outbox: Outbox;
  readonly #unanswered = new Map<number, () => void>();
  #last = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  send(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#unanswered.size < MOST_UNANSWERED) {
      const payload = Buffer.alloc(8);
      this.#last += 1;
      payload.writeUInt32BE(this.#last, 4);
      this.#unanswered.set(this.#last, resolve);
      this.#outbox.add(FRAME.ping, 0, 0, payload);
    }
    return promise;
  }

  answer(payload: Buffer): void {
    this.#outbox.add(FRAME.ping, ACK, 0, payload);
  }

  /** @returns whether it answers one of ours */
  answered(payload: Buffer): boolean {
    const number = payload.readUInt32BE(0) === 0 ? payload.readUInt32BE(4) : 0;
    this.#unanswered.get(number)?.();
    return this.#unanswered.delete(number);
  }
}
