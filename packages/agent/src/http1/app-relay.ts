import type { StreamReceiver } from '@themis-mesh/channel';
import { decodeTrailers, type TunnelRequest } from '@themis-mesh/mesh';
import type { Fields } from '../http/fields.ts';
import { AppAnswer } from './app-answer.ts';
import type { AppConnections } from './app-connections.ts';
import type { Exchange, RequestToApp } from './exchange.ts';
import { KIND } from './field-name.ts';
import { listOfKind } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { onwardFields, onwardTrailers } from './onward.ts';
import { requireRequest, tunnelFields } from './tunnel-fields.ts';

/**
 * Passes a request that came over a tunnel on to the app, and its answer back: streaming both ways, at the pace of the slower
 * side.
 *
 * @param identity says who calls. Whatever the caller said of that is taken out before
 */
export function relayToApp(request: TunnelRequest, connections: AppConnections, identity: Fields): StreamReceiver {
  const answer = new AppAnswer(request);
  let exchange: Exchange | undefined;
  try {
    exchange = connections.open(onwardRequest(request, identity), answer);
    answer.exchange = exchange;
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    answer.refuse(error);
  }
  return new AppRelay(request, answer, exchange);
}

/** @throws HttpFault for what could be read in two ways, or is not understood here */
function onwardRequest({ head, isEnd }: TunnelRequest, identity: Fields): RequestToApp {
  requireRequest(head);
  const section = tunnelFields(head.fields);
  if (head.expects !== undefined && !/^100-continue$/i.test(head.expects))
    throw new HttpFault('expectation', 'an expectation that is not known here');
  const fields = onwardFields({ ...section, connection: NONE });
  // Trailers are passed on, so the wish for them is ours to pass on too (RFC 9110 section 10.1.4).
  if ((section.seen & KIND.te) !== 0 && listOfKind(section, KIND.te).includes('trailers'))
    fields.push('te', 'trailers', 'connection', 'te');
  fields.push(...identity);
  return { method: head.method, path: head.path, fields, framing: isEnd ? 0 : (head.declared ?? 'chunked'), upgrade: false };
}

/** Takes the body of a request off its tunnel. */
class AppRelay implements StreamReceiver {
  readonly #request: TunnelRequest;
  readonly #answer: AppAnswer;
  readonly #exchange: Exchange | undefined;
  /** Bytes that the app has no room for yet. */
  #waiting = 0;
  #trailers: Fields = NONE;

  constructor(request: TunnelRequest, answer: AppAnswer, exchange: Exchange | undefined) {
    this.#request = request;
    this.#answer = answer;
    this.#exchange = exchange;
    answer.onRoom = () => {
      const bytes = this.#waiting;
      this.#waiting = 0;
      if (bytes > 0) request.stream.consumed(bytes);
    };
    // The app may be slower than the caller, whose end comes while much of it waits.
    if (!request.isEnd) request.stream.keepUnread();
  }

  onHead(block: string): void {
    const trailers = decodeTrailers(block);
    if (trailers === undefined) {
      this.#break('the fields after the body');
      return;
    }
    try {
      this.#trailers = onwardTrailers(tunnelFields(trailers));
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#break(error.detail);
    }
  }

  onData(bytes: Buffer): void {
    const { stream, open, head } = this.#request;
    open.bytesIn += bytes.length;
    if (head.declared !== undefined && open.bytesIn > head.declared) {
      this.#break('a body that is longer than it said');
      return;
    }
    if (this.#exchange?.write(bytes) === false) this.#waiting += bytes.length;
    else stream.consumed(bytes.length);
  }

  onEnd(): void {
    const { open, head } = this.#request;
    if (head.declared !== undefined && open.bytesIn < head.declared) this.#break('a body that is shorter than it said');
    else this.#exchange?.end(this.#trailers);
  }

  onReset(): void {
    this.#answer.abandon();
  }

  onWritable(): void {
    this.#exchange?.resume();
  }

  #break(detail: string): void {
    this.#request.stream.reset('malformed', detail);
    this.#answer.abandon();
  }
}

const NONE: Fields = Object.freeze([]);
