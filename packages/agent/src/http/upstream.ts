import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerMessage } from '@themis-mesh/mesh';
import type { Fields } from './fields.ts';

/** A request on its way onward. */
export interface OnwardRequest {
  readonly method: string;
  /** Path and query, as the caller sent them. */
  readonly path: string;
  /** Complete: with `host`, framing, and what was set in the place of what was taken out. */
  readonly fields: Fields;
  /** Whose body is sent; undefined where there is none. */
  readonly body: IncomingMessage | undefined;
  readonly signal: AbortSignal;
  /** Hears of answers before the answer (RFC 9110 section 15.2). */
  readonly onInformation: (information: Information) => void;
}

/** An interim answer. */
export interface Information {
  readonly status: number;
  readonly fields: Fields;
}

/** The head of an answer; its body is to be read or destroyed. */
export interface Answer {
  readonly message: AnswerMessage;
  /** Present where the upgrade was taken up: the bytes of the new protocol. */
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Where requests are passed on to. */
export interface Upstream {
  /** @throws ThemisError */
  send(request: OnwardRequest): Promise<Answer>;
}
