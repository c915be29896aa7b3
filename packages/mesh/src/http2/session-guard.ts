import type { Http2Stream, ServerHttp2Session } from 'node:http2';
import type { Channel, Clock } from '@themis-mesh/channel';
import { HTTP2_LIMITS } from './http2-limits.ts';
import { ResetBudget } from './reset-budget.ts';

/** RFC 9113 section 7. */
const NO_ERROR = 0x0;
const ENHANCE_YOUR_CALM = 0xb;

/** Names no stream: whatever was sent before this GOAWAY was read is still served (RFC 9113 section 6.8). */
const ANY_STREAM = 2 ** 31 - 1;

/**
 * How long callers have to go elsewhere by themselves. The clients of Node lose a request that they are about to send when a
 * GOAWAY comes: it is never sent, and ends as if it was cancelled.
 */
const LINGER_MS = 250;

/**
 * How long a caller has to read a first GOAWAY before the second names the last stream that is served. nghttp2 answers no PING
 * behind a GOAWAY where no stream is open, so that this is what most connections wait for.
 */
const NOTICE_MS = 250;

/**
 * Holds one HTTP/2 connection to its limits, and to the life of its channel:
 *
 * - Streams that end by a reset are counted, those too that we reset because of what the caller sent (CVE-2023-44487,
 *   CVE-2025-8671).
 * - When the channel drains, the caller is told in two steps, so that no request is lost on the way.
 * - A caller from whom nothing came for a while is asked whether it is there. On Node 24 a connection that nghttp2 has ended
 *   for an error of the protocol stays otherwise, with whatever is on it: no event tells of it, and nothing is read any more.
 * - A connection that was said goodbye to, by either side, ends behind its last stream, and soon whatever the caller does
 *   (CVE-2026-21714, CVE-2026-48937).
 */
export class SessionGuard {
  readonly #session: ServerHttp2Session;
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #resets: ResetBudget;
  #streams = 0;
  #isLeaving = false;
  /** Whether anything came since the caller was asked last. */
  #hasCome = false;
  #callOff: () => void = () => undefined;

  constructor(session: ServerHttp2Session, channel: Channel, clock: Clock) {
    this.#session = session;
    this.#channel = channel;
    this.#clock = clock;
    this.#resets = new ResetBudget(clock.now());
    // Before anything else: without a listener the error of one connection would be the server's.
    session.on('error', () => undefined);
    session.on('stream', (stream) => {
      this.#count(stream);
    });
    session.once('goaway', () => {
      this.#leave();
    });
    session.once('remoteSettings', () => {
      this.#probeLater();
    });
    session.once('close', () => {
      this.#callOff();
      endState();
      // Node ends the connection with its session; this holds where it does not.
      channel.cut();
    });
    this.#plan(HTTP2_LIMITS.prefaceMs, () => {
      session.destroy();
    });
    const endState = channel.onState((state) => {
      if (state.is === 'draining') this.#drainSoon();
      else if (state.is === 'closed') session.destroy();
    });
    if (channel.state.is === 'draining') this.#drainSoon();
  }

  #count(stream: Http2Stream): void {
    this.#streams += 1;
    this.#hasCome = true;
    stream.once('close', () => {
      this.#streams -= 1;
      if (stream.rstCode !== NO_ERROR && !this.#resets.take(this.#clock.now())) this.#calm();
      if (this.#isLeaving) this.#endWhenIdle();
    });
  }

  #probeLater(): void {
    this.#plan(HTTP2_LIMITS.probeMs, () => {
      if (this.#hasCome) {
        this.#hasCome = false;
        this.#probeLater();
        return;
      }
      this.#plan(HTTP2_LIMITS.goodbyeMs, () => {
        this.#channel.cut();
      });
      const isAsked = this.#session.ping((error) => {
        if (error === null && !this.#isLeaving) this.#probeLater();
      });
      if (!isAsked) this.#channel.cut();
    });
  }

  /** One thing is planned at a time. */
  #plan(milliseconds: number, run: () => void): void {
    this.#callOff();
    this.#callOff = this.#clock.after(milliseconds, run);
  }

  /** Callers of ours heard of it too, by their own clock or by the directory, and go elsewhere before they are told. */
  #drainSoon(): void {
    const callOff = this.#clock.after(this.#partOfRest(LINGER_MS), () => {
      this.#drain();
    });
    this.#session.once('close', callOff);
  }

  /** Tells the caller to go elsewhere with its next request. */
  #drain(): void {
    const session = this.#session;
    if (session.destroyed || session.closed) return;
    session.goaway(NO_ERROR, ANY_STREAM);
    let isClosing = false;
    const close = (): void => {
      if (isClosing) return;
      isClosing = true;
      session.close();
      this.#leave();
    };
    const callOff = this.#clock.after(this.#partOfRest(NOTICE_MS), close);
    const isAsked = session.ping(() => {
      callOff();
      close();
    });
    if (!isAsked) close();
  }

  /** A wait, or less where the channel ends soon. */
  #partOfRest(milliseconds: number): number {
    return Math.min(milliseconds, (this.#channel.endsAt - this.#clock.now()) / 4);
  }

  /** Nothing new comes: what is under way is the last. */
  #leave(): void {
    this.#isLeaving = true;
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#streams > 0 || this.#session.destroyed) return;
    // Node sends what is left and ends the connection, and then waits for the caller to end it too.
    this.#session.destroy();
    this.#plan(HTTP2_LIMITS.goodbyeMs, () => {
      this.#channel.cut();
    });
  }

  #calm(): void {
    if (this.#session.destroyed) return;
    this.#session.goaway(ENHANCE_YOUR_CALM);
    const { resetsAtOnce } = HTTP2_LIMITS;
    const detail = `more than ${resetsAtOnce} streams reset`;
    // When the GOAWAY is on its way.
    setImmediate(() => {
      this.#channel.cut({ code: 'http2-nuisance', detail });
    });
  }
}
