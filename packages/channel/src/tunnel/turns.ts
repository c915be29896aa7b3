import { TunnelFault } from './fault.ts';
import { MAX_CREDIT } from './limits.ts';
import type { Outbox } from './outbox.ts';

/** Who waits to send. */
export interface Sender {
  /** Whether credit of the tunnel is needed for what it would send next. */
  readonly needsCredit: boolean;
  /** Its turn to send has come, or to be told that there is room. @returns whether it could send more */
  takeTurn(): boolean;
}

/** Whose turn it is to send: streams that wait have it one after the other, as far as there is room and credit of the tunnel. */
export class Turns {
  readonly #outbox: Outbox;
  readonly #onDefect: (error: unknown) => void;
  /** Streams with something to send and credit of their own, or that wait for room, in the order of their turns. */
  readonly #waiting = new Set<Sender>();
  #isPassing = false;
  /** Bytes that all streams together may send now. */
  credit = 0;

  /** @param onDefect told of what a stream threw in its turn */
  constructor(outbox: Outbox, onDefect: (error: unknown) => void) {
    this.#outbox = outbox;
    this.#onDefect = onDefect;
  }

  /** Whether anybody waits: then others wait behind them. */
  get isContended(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether somebody waits for the credit of the tunnel. */
  get isStarved(): boolean {
    return this.credit === 0 && this.#waiting.size > 0;
  }

  /** @throws TunnelFault */
  addCredit(bytes: number): void {
    this.credit += bytes;
    if (this.credit > MAX_CREDIT) throw new TunnelFault('flow-control', 'too much credit for the tunnel');
    this.pass();
  }

  /** Gives it a turn behind all others, maybe at once. */
  await(sender: Sender): void {
    this.#waiting.add(sender);
    if (this.credit > 0 || !sender.needsCredit) this.pass();
  }

  remove(sender: Sender): void {
    this.#waiting.delete(sender);
  }

  /** Lets those that wait have their turns. */
  pass(): void {
    // What is called from inside a turn has its own later.
    if (this.#isPassing) return;
    this.#isPassing = true;
    try {
      for (const sender of this.#waiting) {
        if (this.#outbox.isFull) break;
        if (this.credit === 0 && sender.needsCredit) continue;
        // One that could send more comes again behind the others: the walk meets it once more.
        this.#waiting.delete(sender);
        if (sender.takeTurn()) this.#waiting.add(sender);
      }
    } catch (error) {
      this.#onDefect(error);
    } finally {
      this.#isPassing = false;
    }
  }
}
