import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Which connections have answers under way. One that is to become a tunnel or a WebSocket then is of no use any more: what
 * is said on it would come before those answers, and be taken for one of them.
 */
export class AnswersUnderWay {
  readonly #counts = new WeakMap<Duplex, number>();
  readonly #last = new WeakMap<Duplex, Turn>();

  add(socket: Duplex, response: ServerResponse): void {
    const turn: Turn = { next: undefined };
    this.#counts.set(socket, this.#on(socket) + 1);
    this.#last.set(socket, turn);
    response.once('close', () => {
      this.#counts.set(socket, this.#on(socket) - 1);
      turn.next?.();
    });
  }

  /** Resolves at the end of the last of them; undefined where there is none. To be asked once, for whatever is added next. */
  end(socket: Duplex): Promise<void> | undefined {
    const last = this.#last.get(socket);
    if (last === undefined || !this.has(socket)) return undefined;
    return new Promise((resolve) => (last.next = resolve));
  }

  /** Whether there are any. */
  has(socket: Duplex): boolean {
    return this.#on(socket) > 0;
  }

  #on(socket: Duplex): number {
    return this.#counts.get(socket) ?? 0;
  }
}

interface Turn {
  next: (() => void) | undefined;
}
