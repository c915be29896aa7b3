import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Which connections have answers under way. One that is to become a tunnel or a WebSocket then is of no use any more: what
 * is said on it would come before those answers, and be taken for one of them.
 */
export class AnswersUnderWay {
  readonly #counts = new WeakMap<Duplex, number>();

  add(socket: Duplex, response: ServerResponse): void {
    this.#counts.set(socket, this.#on(socket) + 1);
    response.once('close', () => this.#counts.set(socket, this.#on(socket) - 1));
  }

  /** Whether there are any. */
  has(socket: Duplex): boolean {
    return this.#on(socket) > 0;
  }

  #on(socket: Duplex): number {
    return this.#counts.get(socket) ?? 0;
  }
}
