import { STATUS_CODES } from '../wire/node-http.ts';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { Channel, StreamEnd, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import { decodeAnswerHead, decodeTrailers } from '../wire/head-block.ts';
import type { MeshRequest, MeshResponse } from '../message.ts';
import { StreamBody } from '../wire/stream-body.ts';
import { TunnelMessage } from './tunnel-message.ts';

/** How many interim answers there may be before the answer. */
const MOST_INTERIM = 32;

/** What became of a call on a tunnel, for who decides whether it may be sent again. */
export interface TunnelFate {
  /** How the stream ended before its end, where it did: with `refused` and `unreachable` nothing of it was processed. */
  ended: StreamEnd | undefined;
}

/**
 * One call over a tunnel: its answer while it comes.
 *
 *     waiting ── head ──▶ answered ── end ──▶ over
 *     waiting, answered ── reset, fault, cancelled ──▶ over, with its failure
 */
export class TunnelCall extends StreamBody implements StreamReceiver, MeshResponse {
  status = 0;
  rawHeaders: string[] = [];
  /** Told when more of the request's body may be sent. */
  onRoom: (() => void) | undefined;
  readonly #service: TargetName;
  readonly #channel: Channel;
  readonly #request: MeshRequest;
  readonly #fate: TunnelFate;
  readonly #resolve: (response: MeshResponse) => void;
  readonly #reject: (error: unknown) => void;
  #stream: TunnelStream | undefined;
  #stage: 'waiting' | 'answered' | 'over' = 'waiting';
  #interim = 0;
  #reason = '';
  #onOver: (() => void) | undefined;
  /** How many bytes the head said that there are. */
  #declared: number | undefined;

  constructor(
    channel: Channel,
    request: MeshRequest,
    fate: TunnelFate,
    resolve: (response: MeshResponse) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#channel = channel;
    this.#service = request.service;
    this.#request = request;
    this.#fate = fate;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  attach(stream: TunnelStream): void {
    this.#stream = stream;
  }

  get statusText(): string {
    return this.#reason === '' ? (STATUS_CODES[this.status] ?? '') : this.#reason;
  }

  get message(): TunnelMessage {
    return this.streamBy(() => new TunnelMessage(this));
  }

  consumed(bytes: number): void {
    this.#stream?.consumed(bytes);
  }

  discard(): void {
    this.cancel(new ThemisError('THEMIS_ABORTED', `the answer of ${this.#service}`));
  }

  /** Ends it at once. @param rejection what whoever waits for the answer fails with */
  cancel(failure: Error, rejection: unknown = failure): void {
    if (this.#stage === 'over') return;
    this.#stream?.reset('cancelled');
    this.#fail(failure, rejection);
  }

  whenOver(done: () => void): void {
    if (this.#stage === 'over') {
      done();
      return;
    }
    const before = this.#onOver;
    this.#onOver =
      before === undefined
        ? done
        : () => {
            before();
            done();
          };
  }

  onHead(block: string): void {
    if (this.#stage === 'answered') {
      const trailers = decodeTrailers(block);
      if (trailers === undefined) this.#refuse('the fields after the body');
      else this.rawTrailers = trailers;
      return;
    }
    const head = decodeAnswerHead(block);
    if (head === undefined) {
      this.#refuse('its head');
      return;
    }
    if (head.status < 200) {
      this.#interim += 1;
      if (head.status === 101 || this.#interim > MOST_INTERIM) this.#refuse(`status ${head.status}`);
      else this.#request.onInformation?.(head.status, head.fields);
      return;
    }
    this.status = head.status;
    this.#reason = head.reason;
    this.rawHeaders = head.fields;
    this.#declared = declaredLength(head.fields);
    const isBodiless = this.#request.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (isBodiless) this.#declared = 0;
    else if (this.#declared === -1) {
      this.#refuse('its content-length');
      return;
    }
    this.#stage = 'answered';
    this.#resolve(this);
  }

  onData(bytes: Buffer): void {
    if (this.#stage !== 'answered' || (this.#declared !== undefined && this.received + bytes.length > this.#declared)) {
      this.#refuse(this.#stage === 'waiting' ? 'a body before its head' : 'a body that is longer than it said');
      return;
    }
    this.take(bytes);
  }

  onEnd(): void {
    if (this.#stage === 'over') return;
    if (this.#stage === 'waiting' || (this.#declared !== undefined && this.received < this.#declared)) {
      this.#refuse(this.#stage === 'waiting' ? 'an end before its head' : 'a body that is shorter than it said');
      return;
    }
    this.#stage = 'over';
    this.finish();
    // An answer that is whole while the request is not yet: the rest of that is of no use any more.
    if (this.#stream?.isSent === false) this.#stream.reset('cancelled');
    this.#tellOver();
  }

  onReset(code: StreamEnd, detail: string): void {
    if (this.#stage === 'over') return;
    this.#fate.ended = code;
    const what = detail === '' ? code : `${code}: ${detail}`;
    const { state } = this.#channel;
    const refusal = code === 'lost' && state.is === 'closed' ? state.because : undefined;
    const text = `to ${this.#service}: ${what}`;
    this.#fail(new ThemisError('THEMIS_CONNECTION_LOST', text, refusal === undefined ? {} : { refusal }));
  }

  onWritable(): void {
    this.onRoom?.();
  }

  #refuse(what: string): void {
    this.#stream?.reset('malformed', what);
    this.#fate.ended = 'malformed';
    this.#fail(new ThemisError('THEMIS_ANSWER_MALFORMED', `of ${this.#service}: ${what}`));
  }

  #fail(failure: Error, rejection: unknown = failure): void {
    const wasWaiting = this.#stage === 'waiting';
    this.#stage = 'over';
    this.fail(failure);
    if (wasWaiting) this.#reject(rejection);
    this.#tellOver();
  }

  #tellOver(): void {
    const done = this.#onOver;
    this.#onOver = undefined;
    this.onRoom = undefined;
    done?.();
  }
}

/** @returns undefined where nothing is said; -1 for what is no length, or two that differ */
function declaredLength(fields: readonly string[]): number | undefined {
  let declared: number | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== 'content-length') continue;
    const value = fields[index + 1] ?? '';
    if (declared !== undefined || !/^\d{1,15}$/.test(value)) return -1;
    declared = Number(value);
  }
  return declared;
}
