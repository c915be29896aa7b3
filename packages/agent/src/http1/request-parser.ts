import type { HttpFault } from './http-fault.ts';
import { MessageParser, type MessageHandler } from './message-parser.ts';
import { readRequestHead, type RequestForms, type RequestHead } from './request-head.ts';

export type RequestHandler = MessageHandler<RequestHead>;

/**
 * Reads what a client sends. Requests may come one behind the other before any is answered: a handler that answers one at a
 * time pauses the parser at each end.
 *
 * Behind CONNECT nothing is read: what comes is kept for {@link MessageParser.release}. A request for another protocol ends with
 * its head.
 */
export class RequestParser extends MessageParser<RequestHead> {
  readonly #forms: RequestForms;
  #text = '';

  constructor(handler: RequestHandler, forms: RequestForms) {
    super(handler);
    this.#forms = forms;
  }

  protected override readHead(text: string): RequestHead {
    this.#text = text;
    return readRequestHead(text, this.#forms);
  }

  /**
   * As {@link release}, with the head that was read last before it: for whoever reads the request anew. To be called before
   * anything behind that head was told of.
   */
  releaseWithHead(): Buffer {
    return Buffer.concat([Buffer.from(`${this.#text}\r\n`, 'latin1'), this.release()]);
  }

  protected override beginFault(): HttpFault | undefined {
    return undefined;
  }

  protected override isAwaited(): boolean {
    return false;
  }
}
