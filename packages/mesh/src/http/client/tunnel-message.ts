import type { IncomingHttpHeaders } from 'node:http';
import { BodyStream } from '../wire/body-stream.ts';
import { addFields, IncomingMessage } from '../wire/node-http.ts';
import type { AnswerMessage } from '../message.ts';
import type { BodySource } from '../wire/body-reader.ts';

/** An answer with its head. */
export interface AnswerSource extends BodySource {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: string[];
}

/** An answer that comes over a tunnel, as a stream of Node with a head. Whoever destroys it ends the call. */
export class TunnelMessage extends BodyStream implements AnswerMessage {
  readonly httpVersion = '1.1';
  readonly #call: AnswerSource;
  #headers: IncomingHttpHeaders | undefined;

  constructor(call: AnswerSource) {
    super(call);
    this.#call = call;
  }

  get statusCode(): number {
    return this.#call.status;
  }

  get statusMessage(): string {
    return this.#call.statusText;
  }

  get rawHeaders(): string[] {
    return this.#call.rawHeaders;
  }

  /** As Node makes them of its own messages: its class knows which are lists, which are joined, and which count once. */
  get headers(): IncomingHttpHeaders {
    if (this.#headers === undefined) {
      const message = new IncomingMessage(undefined as never);
      addFields(message, this.#call.rawHeaders);
      this.#headers = message.headers;
    }
    return this.#headers;
  }
}
