import type { ByteStream, ResetCode, StreamEnd, StreamReceiver } from '@themis-mesh/channel';
import { MessageCutter, prefixed } from '@themis-mesh/directory-kad';

/** What the stream of one request carries, so that it is told from streams to programs. */
export const KAD_TARGET = 'themis-kad/1';

/** Hears of what comes on the stream of a request. */
export interface MessageEar {
  onMessage(message: Buffer): void;
  /** Nothing more comes. @param why undefined where it came to its end */
  onOver(why: string | undefined): void;
}

/** Messages over one stream of a tunnel, in both directions. A message is dropped where the stream is over. */
export class KadStream implements StreamReceiver {
  readonly #ear: MessageEar;
  readonly #cutter = new MessageCutter();
  #stream: ByteStream | undefined;
  #isOver = false;

  constructor(ear: MessageEar) {
    this.#ear = ear;
  }

  attach(stream: ByteStream): void {
    this.#stream = stream;
  }

  send(message: Uint8Array): void {
    if (!this.#isOver) this.#stream?.write(prefixed(message));
  }

  /** Sends the last message. */
  end(message?: Uint8Array): void {
    if (!this.#isOver) this.#stream?.end(message === undefined ? undefined : prefixed(message));
  }

  /** Ends both directions; the ear hears nothing more. */
  reset(code: ResetCode): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream?.reset(code);
  }

  onHead(): void {
    this.#fail('a head, where messages were expected');
  }

  onData(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#stream?.consumed(bytes.length);
    const cut = this.#cutter.push(bytes);
    if (!cut.ok) {
      this.#fail(cut.refusal.detail);
      return;
    }
    for (const message of cut.value) if (!this.#isOver) this.#ear.onMessage(message);
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#cutter.isInside) this.#fail('an end within a message');
    else this.#ear.onOver(undefined);
  }

  onReset(code: StreamEnd, detail: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ear.onOver(detail === '' ? code : `${code}: ${detail}`);
  }

  onWritable(): void {
    // Messages are few and bounded; what waits is bounded by the tunnel.
  }

  #fail(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream?.reset('malformed', why);
    this.#ear.onOver(why);
  }
}
