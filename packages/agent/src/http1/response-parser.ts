import { HttpFault } from './http-fault.ts';
import { MessageParser, type MessageHandler } from './message-parser.ts';
import { readResponseHead, type Asked, type ResponseHead } from './response-head.ts';

export type ResponseHandler = MessageHandler<ResponseHead>;

/**
 * Reads what a server sends, as answers to what it was asked. What comes when nothing is asked is a fault: it would be taken
 * for the answer to the next request (response queue poisoning, CVE-2026-48931).
 */
export class ResponseParser extends MessageParser<ResponseHead> {
  readonly #asked: Asked[] = [];

  constructor(handler: ResponseHandler) {
    super(handler);
  }

  /** To be called before what is asked is sent; in the order of the requests. */
  expect(asked: Asked): void {
    this.#asked.push(asked);
  }

  protected override readHead(text: string): ResponseHead {
    const asked = this.#asked[0];
    if (asked === undefined) throw unsolicited();
    const head = readResponseHead(text, asked);
    if (head.framing !== 'interim') this.#asked.shift();
    return head;
  }

  protected override beginFault(): HttpFault | undefined {
    return this.isAwaited() ? undefined : unsolicited();
  }

  protected override isAwaited(): boolean {
    return this.#asked.length > 0;
  }
}

function unsolicited(): HttpFault {
  return new HttpFault('unsolicited', 'bytes that answer nothing');
}
