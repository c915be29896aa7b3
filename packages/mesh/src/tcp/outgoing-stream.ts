import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { ByteStream, Channel, ResetCode, StreamEnd, StreamReceiver, Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import { ChannelStream } from './channel-stream.ts';
import { LoggedStream } from './logged-stream.ts';
import { NOWHERE } from './nothing.ts';

/** How much of what was sent is kept, so that it can be sent once more where an instance took nothing of it. */
const KEPT_BYTES = 16_384;

/**
 * A stream to a service, which may be begun more than once: as long as all that was sent is kept, and nothing came back. To
 * whoever writes and reads it, it is one stream.
 *
 *     beginning ── begun ──▶ trying ── something came, more was sent than is kept ──▶ settled
 *     trying ── refused, unreachable ──▶ beginning
 *     any ── both ends, reset ──▶ over
 */
export class OutgoingStream extends LoggedStream {
  /** Resolves when it was begun for the first time. */
  readonly begun: Promise<ByteStream>;
  readonly #service: TargetName;
  readonly #begin: PromiseWithResolvers<ByteStream>;
  /** What was sent, until it is settled. */
  #kept: Buffer[] | undefined = [];
  #hasBegun = false;
  #trying: PromiseWithResolvers<void> | undefined;
  /** How the last try ended. */
  #turnedAway: StreamEnd | undefined;

  constructor(service: TargetName, open: OpenRequest, receiver: StreamReceiver) {
    super(open, undefined, NOWHERE, receiver);
    this.#service = service;
    this.#begin = Promise.withResolvers();
    this.begun = this.#begin.promise;
  }

  /** How the last try ended, where nothing of it was processed. */
  get turnedAway(): StreamEnd | undefined {
    return this.#turnedAway;
  }

  /**
   * Begins it on a tunnel that has room.
   *
   * @returns resolves when it may not be begun again
   * @throws ThemisError `THEMIS_CONNECTION_LOST` where it was turned away
   */
  beginOn(tunnel: Tunnel): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.channel = tunnel.channel;
    this.#turnedAway = undefined;
    this.#trying = Promise.withResolvers();
    const stream = tunnel.open('bytes', '', false, this);
    stream.keepUnread();
    this.#sendKept(stream);
    return this.#trying.promise;
  }

  /** Begins it on a channel of its own: such a one is not begun again. */
  beginAlone(channel: Channel): void {
    this.channel = channel;
    this.#sendKept(new ChannelStream(channel, this));
    this.#settle();
  }

  /** It could not be begun, or not again. */
  fail(error: unknown): void {
    this.#begin.reject(error);
    this.#settle();
    const code = this.#turnedAway ?? 'lost';
    this.open.fail(error);
    if (this.isOver) return;
    this.over(code);
    if (this.#hasBegun) this.receiver.onReset(code, error instanceof ThemisError ? error.code : '');
  }

  override write(bytes: Buffer, isLent = false): boolean {
    if (this.#kept !== undefined) this.#keep(this.#kept, isLent ? Buffer.from(bytes) : bytes);
    return super.write(bytes, isLent);
  }

  override reset(code: ResetCode, detail = ''): void {
    this.#settle();
    super.reset(code, detail);
  }

  override onData(bytes: Buffer): void {
    if (this.#kept !== undefined) this.#settle();
    super.onData(bytes);
  }

  override onEnd(): void {
    if (this.#kept !== undefined) this.#settle();
    super.onEnd();
  }

  override onReset(code: StreamEnd, detail: string): void {
    if (this.#kept !== undefined && (code === 'refused' || code === 'unreachable')) {
      this.#turnedAway = code;
      this.stream = NOWHERE;
      const what = detail === '' ? code : `${code}: ${detail}`;
      this.#trying?.reject(new ThemisError('THEMIS_CONNECTION_LOST', `to ${this.#service}: ${what}`));
      return;
    }
    this.#settle();
    super.onReset(code, detail);
  }

  #keep(kept: Buffer[], bytes: Buffer): void {
    kept.push(bytes);
    // Before it is begun all is kept, and no more is asked for.
    if (this.written + bytes.length > KEPT_BYTES && this.stream !== NOWHERE) this.#settle();
  }

  #sendKept(stream: ByteStream): void {
    this.stream = stream;
    let isWelcome = true;
    for (const bytes of this.#kept ?? []) isWelcome = stream.write(bytes);
    if (this.isEnded) stream.end();
    this.#hasBegun = true;
    this.#begin.resolve(this);
    // Who wrote before it was begun was told to wait.
    if (isWelcome && this.written > 0) this.receiver.onWritable();
  }

  #settle(): void {
    this.#kept = undefined;
    this.#trying?.resolve();
    this.#trying = undefined;
  }
}
