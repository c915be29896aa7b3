import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { ByteStream, Channel, ResetCode, StreamEnd, StreamReceiver, Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import { ChannelStream } from './channel-stream.ts';
import { TCP_LIMITS } from './limits.ts';
import { LoggedStream } from './logged-stream.ts';
import { NOWHERE } from './nothing.ts';

/** How a stream ended of which nothing was processed. */
export interface TurnedAway {
  readonly code: 'refused' | 'unreachable';
  readonly error: ThemisError;
}

/**
 * A stream to a service, which may be begun more than once: as long as all that was sent is kept, and nothing came back. To
 * whoever writes and reads it, it is one stream.
 *
 *     beginning ── begun ──▶ trying ── something came, more was sent than is kept ──▶ settled
 *     trying ── refused, unreachable ──▶ beginning, where it may be
 *     any ── both ends, reset ──▶ over
 */
export class OutgoingStream extends LoggedStream {
  /** Resolves when it was begun for the first time. */
  readonly begun: Promise<ByteStream>;
  /** Hears that nothing of it was processed. @returns whether it is begun again */
  onTurnedAway: (how: TurnedAway) => boolean = () => false;
  readonly #service: TargetName;
  readonly #begin: PromiseWithResolvers<ByteStream>;
  /** What was sent, until it is settled. */
  #kept: Buffer[] | undefined = [];
  #hasBegun = false;

  constructor(service: TargetName, open: OpenRequest, receiver: StreamReceiver) {
    super(open, undefined, NOWHERE, receiver);
    this.#service = service;
    this.#begin = Promise.withResolvers();
    this.begun = this.#begin.promise;
  }

  /** Begins it on a tunnel that has room. */
  beginOn(tunnel: Tunnel): void {
    if (this.isOver) return;
    this.channel = tunnel.channel;
    const stream = tunnel.open('bytes', '', false, this);
    stream.keepUnread();
    this.#sendKept(stream);
  }

  /** Begins it on a channel of its own: such a one is not begun again. */
  beginAlone(channel: Channel): void {
    if (this.isOver) {
      channel.cut();
      return;
    }
    this.channel = channel;
    this.#sendKept(new ChannelStream(channel, this));
    this.#kept = undefined;
  }

  /** It could not be begun, or not again. */
  fail(error: unknown): void {
    this.#begin.reject(error);
    if (this.isOver) return;
    this.open.fail(error);
    this.over('lost');
    if (this.#hasBegun) this.receiver.onReset('lost', ThemisError.is(error) ? error.code : '');
  }

  override write(bytes: Buffer, isLent = false): boolean {
    if (this.#kept !== undefined) this.#keep(this.#kept, isLent ? Buffer.from(bytes) : bytes);
    return super.write(bytes, isLent);
  }

  override reset(code: ResetCode, detail = ''): void {
    this.#kept = undefined;
    super.reset(code, detail);
  }

  override onData(bytes: Buffer): void {
    this.#kept = undefined;
    super.onData(bytes);
  }

  override onEnd(): void {
    this.#kept = undefined;
    super.onEnd();
  }

  override onReset(code: StreamEnd, detail: string): void {
    if (this.#kept !== undefined && (code === 'refused' || code === 'unreachable')) {
      this.stream = NOWHERE;
      this.leave();
      const what = detail === '' ? code : `${code}: ${detail}`;
      const error = new ThemisError('THEMIS_CONNECTION_LOST', `to ${this.#service}: ${what}`);
      if (this.onTurnedAway({ code, error })) return;
    }
    this.#kept = undefined;
    super.onReset(code, detail);
  }

  #keep(kept: Buffer[], bytes: Buffer): void {
    kept.push(bytes);
    // Before it is begun all is kept, and no more is asked for.
    if (this.written + bytes.length > TCP_LIMITS.keptBytes && this.stream !== NOWHERE) this.#kept = undefined;
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
}
