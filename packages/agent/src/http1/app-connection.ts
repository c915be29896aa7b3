import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { PlainPlace } from '../http/plain-upstream.ts';
import { writeChunk } from './chunks.ts';
import { readInto } from './read-into.ts';
import type { Exchange, ExchangeCarrier, ExchangeFailure } from './exchange.ts';
import type { FieldSection } from './field-section.ts';
import type { HttpFault } from './http-fault.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseHandler } from './response-parser.ts';

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** It can carry another exchange. */
  onIdle(connection: AppConnection): void;
  /** It carries nothing any more. */
  onGone(connection: AppConnection): void;
  /** It was kept from an exchange before, and ended before a byte of this one's answer. */
  onStale(exchange: Exchange, failure: ExchangeFailure): void;
}

/** A connection to a program, which carries one exchange at a time. */
export class AppConnection implements ResponseHandler, ExchangeCarrier {
  readonly place: PlainPlace;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser(this);
  readonly #connecting: NodeJS.Timeout;
  #state: 'connecting' | 'open' | 'gone' = 'connecting';
  /** Undefined while it is idle. */
  #exchange: Exchange | undefined;
  /** The head of the answer that is under way. */
  #head: ResponseHead | undefined;
  #carried = 0;
  /** Whether anything came since the request. */
  #hasHeard = false;

  /** @param isStream whether its socket may be handed over: those that are not are read into buffers of ours */
  constructor(place: PlainPlace, owner: ConnectionOwner, isStream: boolean) {
    this.place = place;
    this.#owner = owner;
    const onread = isStream ? undefined : readInto(this.#onData);
    this.#socket = connect({ ...connectOptions(place), ...(onread && { onread }) });
    this.#connecting = setTimeout(() => {
      this.#socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`));
    }, CONNECT_MS);
    this.#listen(this.#socket);
  }

  /** Sends a request, and reads its answer. @param text its head */
  carry(exchange: Exchange, text: string): void {
    const { method, upgrade } = exchange.request;
    this.#exchange = exchange;
    this.#head = undefined;
    this.#hasHeard = false;
    this.#carried += 1;
    exchange.attach(this);
    this.#parser.expect({ method, upgrade });
    if (exchange.isAsked) {
      this.#socket.write(text, 'latin1');
      return;
    }
    // What of the body comes at once goes with the head.
    this.#socket.cork();
    this.#socket.write(text, 'latin1');
    process.nextTick(() => this.#socket.uncork());
  }

  writeBody(bytes: Buffer, isChunked: boolean): boolean {
    if (this.#state === 'gone') return true;
    return isChunked ? writeChunk(this.#socket, bytes) : this.#socket.write(bytes);
  }

  endBody(exchange: Exchange, last: string): void {
    if (this.#state !== 'gone' && last !== '') this.#socket.write(last, 'latin1');
    if (exchange.isOver) this.#release(exchange);
  }

  pause(): void {
    this.#parser.pause();
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
    this.#parser.resume();
  }

  /** Ends the connection, where it carries this exchange still, or nothing. */
  drop(exchange?: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.#socket.destroy();
    this.#leave();
  }

  onHead(head: ResponseHead): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (head.framing === 'interim') {
      exchange.handler.onHead(head);
    } else if (head.framing === 'tunnel') {
      this.#handOver(exchange, head);
    } else {
      this.#head = head;
      exchange.handler.onHead(head);
    }
  }

  onBody(bytes: Buffer): void {
    this.#exchange?.handler.onBody(bytes);
  }

  onEnd(trailers: FieldSection): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.answered();
    if (exchange.isAsked || this.#head?.persists !== true) this.#release(exchange);
    exchange.handler.onEnd(trailers);
  }

  onFault({ code, detail }: HttpFault): void {
    this.#break(code === 'cut-off' ? { is: 'broken-off', detail } : { is: 'malformed', detail: `${code}: ${detail}` });
  }

  #listen(socket: Socket): void {
    socket.once('connect', () => {
      clearTimeout(this.#connecting);
      if (this.#state === 'connecting') this.#state = 'open';
    });
    // Where it is read into buffers of ours nothing is emitted.
    socket.on('data', this.#onData);
    socket.once('end', this.#onSocketEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', this.#onError);
    socket.once('close', this.#onClose);
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#hasHeard = true;
    this.#parser.push(bytes);
  };

  readonly #onSocketEnd = (): void => {
    this.#parser.end();
    // Whatever it has of ours, it answers nothing more.
    if (this.#state !== 'gone') this.#break({ is: 'broken-off', detail: 'the connection ended' });
  };

  readonly #onDrain = (): void => {
    const exchange = this.#exchange;
    if (exchange !== undefined && !exchange.isAsked) exchange.handler.onWritable();
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    const is = this.#state === 'connecting' ? 'unreachable' : 'broken-off';
    this.#break({ is, detail: error.code ?? 'no more is known', cause: error });
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#connecting);
    this.#break({ is: 'broken-off', detail: 'the connection was closed' });
  };

  /** An exchange is over: the connection waits for the next, or ends. */
  #release(exchange: Exchange): void {
    if (this.#exchange !== exchange || this.#state === 'gone') return;
    this.#exchange = undefined;
    if (this.#head?.persists !== true || !exchange.isAsked) {
      this.#socket.destroy();
      this.#leave();
      return;
    }
    // A handler may have paused it for good. What comes while it is idle ends it: see ResponseParser.
    this.resume();
    this.#owner.onIdle(this);
  }

  #handOver(exchange: Exchange, head: ResponseHead): void {
    const socket = this.#socket;
    exchange.answered();
    this.#exchange = undefined;
    socket.off('data', this.#onData).off('end', this.#onSocketEnd).off('drain', this.#onDrain).off('close', this.#onClose);
    socket.pause();
    this.#leave();
    exchange.handler.onUpgrade(head, socket, this.#parser.release());
  }

  #break(failure: ExchangeFailure): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#socket.destroy();
    this.#leave();
    if (exchange === undefined) return;
    if (this.#carried > 1 && !this.#hasHeard && failure.is === 'broken-off') this.#owner.onStale(exchange, failure);
    else exchange.fail(failure);
  }

  #leave(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    clearTimeout(this.#connecting);
    this.#owner.onGone(this);
  }
}

/** How long a connection may take to be made. */
const CONNECT_MS = 10_000;

function connectOptions(place: PlainPlace): NetConnectOpts {
  const kept = { allowHalfOpen: true, noDelay: true };
  return 'socketPath' in place ? { ...kept, path: place.socketPath } : { ...kept, ...place };
}
