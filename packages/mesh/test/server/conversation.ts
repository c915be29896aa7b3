import type { Duplex } from 'node:stream';
import { waitFor } from '@themis-mesh/testkit';

/** One side of a connection, byte for byte. */
export class Conversation {
  readonly #socket: Duplex;
  #heard = '';
  #end: 'open' | 'ended' | 'broken' | 'closed' = 'open';

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => (this.#heard += chunk.toString('latin1')));
    socket.on('end', () => (this.#end = 'ended'));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.#end = 'closed'));
  }

  say(bytes: string): void {
    this.#socket.write(Buffer.from(bytes, 'latin1'));
  }

  /** Says that nothing more will be said. */
  finish(): void {
    this.#socket.end();
  }

  leave(): void {
    this.#socket.destroy();
  }

  /** Waits until this many answers have come, by a pattern that each has once. */
  async hear(pattern: RegExp, times = 1): Promise<void> {
    await waitFor(
      () => (this.#heard.match(new RegExp(pattern, 'g'))?.length ?? 0) >= times,
      `${String(pattern)} in ${this.#heard}`,
    );
  }

  /** Waits until the other side has ended the connection. */
  async over(): Promise<void> {
    await waitFor(() => this.#end !== 'open', `the end after ${this.#heard}`);
  }

  /** What was heard, without what differs between any two runs. */
  get transcript(): string {
    return this.#heard.replace(/^date: .*$/gim, 'date: …');
  }
}
