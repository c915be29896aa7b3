import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import { encodeAnswerHead, encodeTrailers, type TunnelRequest } from '@themis-mesh/mesh';
import { errorAnswer } from '../http/error-response.ts';
import type { Fields } from '../http/fields.ts';
import { linksOf } from '../http/links.ts';
import type { Exchange, ExchangeFailure, ExchangeHandler } from './exchange.ts';
import { KIND } from './field-name.ts';
import { valueOfKind, type FieldSection } from './field-section.ts';
import type { HttpFault } from './http-fault.ts';
import { onwardFields, onwardTrailers } from './onward.ts';
import type { ResponseHead } from './response-head.ts';

/** What an app answers, on its way into a tunnel, at the pace of the slower. */
export class AppAnswer implements ExchangeHandler {
  /** Set as soon as there is one. */
  exchange: Exchange | undefined;
  /** Told when the app takes more of the request, or nothing more of it is of use. */
  onRoom: (() => void) | undefined;
  readonly #request: TunnelRequest;
  #stage: 'waiting' | 'answered' | 'over' = 'waiting';
  /** How much of a counted body is still to come. Bytes. */
  #left = Infinity;

  constructor(request: TunnelRequest) {
    this.#request = request;
  }

  onHead(head: ResponseHead): void {
    const { stream, open } = this.#request;
    if (head.framing === 'interim') {
      const fields = interimFields(head);
      if (fields !== undefined) stream.head(encodeAnswerHead(head.status, fields), false);
      return;
    }
    const block = this.#blockOf(head);
    if (block === undefined) return;
    const hasBody = head.framing !== 0;
    if (typeof head.framing === 'number') this.#left = head.framing;
    open.status = head.status;
    this.#stage = hasBody ? 'answered' : 'over';
    stream.head(block, !hasBody);
  }

  onBody(bytes: Buffer): void {
    const { stream, open } = this.#request;
    open.bytesOut += bytes.length;
    this.#left -= bytes.length;
    if (this.#left === 0) {
      this.#stage = 'over';
      stream.end(bytes);
    } else if (!stream.write(bytes)) this.exchange?.pause();
  }

  onEnd(trailers: FieldSection): void {
    const { stream, open } = this.#request;
    if (this.#stage === 'answered') {
      const fields = onwardTrailers(trailers);
      if (fields.length === 0) stream.end();
      else stream.head(encodeTrailers(fields), true);
    }
    this.#stage = 'over';
    open.end();
    this.onRoom?.();
  }

  onUpgrade(): void {
    // Nobody asked for it, so that it cannot come.
  }

  onFail({ is, detail, cause }: ExchangeFailure): void {
    if (is === 'miscounted') this.#breakOff('malformed', detail);
    else if (this.#stage !== 'waiting') this.#breakOff('broken', '');
    else this.#answerError(new ThemisError(ERROR_OF[is], detail, { cause }));
    this.onRoom?.();
  }

  onWritable(): void {
    this.onRoom?.();
  }

  /** Answers a request that is not passed on. */
  refuse({ status, detail }: HttpFault): void {
    const { body } = errorAnswer(new ThemisError('THEMIS_REQUEST_REFUSED', detail));
    this.#request.open.refusal = 'THEMIS_REQUEST_REFUSED';
    this.#answer(status, body);
  }

  /** The caller is gone, or the connection to it. */
  abandon(): void {
    this.exchange?.abort();
    if (this.#stage !== 'over') this.#request.open.refusal ??= 'THEMIS_CONNECTION_LOST';
    this.#stage = 'over';
    this.#request.open.end();
  }

  #answerError(error: ThemisError): void {
    const { status, body } = errorAnswer(error);
    this.#request.open.refusal = error.code;
    this.#answer(status, body);
  }

  #answer(status: number, text: string): void {
    const { stream, open, head } = this.#request;
    const body = Buffer.from(text);
    const fields = ['content-type', 'application/json', 'content-length', String(body.length)];
    const hasBody = head.method !== 'HEAD';
    this.#stage = 'over';
    open.status = status;
    stream.head(encodeAnswerHead(status, fields), !hasBody);
    if (hasBody) {
      open.bytesOut = body.length;
      stream.end(body);
    }
    open.end();
  }

  /** @returns undefined for a head that no tunnel carries; it is answered then */
  #blockOf(head: ResponseHead): string | undefined {
    const fields = onwardFields(head);
    const length = head.status === 204 ? undefined : valueOfKind(head, KIND.contentLength);
    if (length !== undefined) fields.push('content-length', length);
    try {
      return encodeAnswerHead(head.status, fields, head.reason);
    } catch (error) {
      this.exchange?.abort();
      this.#answerError(new ThemisError('THEMIS_APP_BROKE_OFF', 'its head is longer than a tunnel carries', { cause: error }));
      return undefined;
    }
  }

  #breakOff(code: 'malformed' | 'broken', detail: string): void {
    const { stream, open } = this.#request;
    this.#stage = 'over';
    stream.reset(code, detail);
    open.refusal ??= 'THEMIS_CONNECTION_LOST';
    open.end();
  }
}

const ERROR_OF: Readonly<Record<Exclude<ExchangeFailure['is'], 'miscounted'>, ErrorCode>> = {
  unreachable: 'THEMIS_NOT_READY',
  'broken-off': 'THEMIS_APP_BROKE_OFF',
  malformed: 'THEMIS_APP_BROKE_OFF',
};

/** @returns what of an interim answer is passed on (RFC 9110 section 15.2); undefined for one that has no meaning */
function interimFields({ status, fields }: ResponseHead): Fields | undefined {
  if (status === 100 || status === 102) return [];
  return status === 103 ? linksOf(fields).flatMap((link) => ['link', link]) : undefined;
}
