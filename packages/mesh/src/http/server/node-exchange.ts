import type { Server } from 'node:http';
import type { Channel, StreamEnd, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { RequestDeadline } from '../../traffic/request-deadline.ts';
import { decodeTrailers, encodeTrailers } from '../wire/head-block.ts';
import { addFields, IncomingMessage, ServerResponse } from '../wire/node-http.ts';
import type { TunnelRequestHead } from '../wire/request-head.ts';
import { headOf, takeOver, type AnswerWay } from './tunnel-answer.ts';
import { VirtualSocket, type SocketOwner } from './virtual-socket.ts';

/** What Node's server knows of requests by its events, and by its settings. */
export type ExchangeServer = Pick<Server, 'emit' | 'listenerCount' | 'requestTimeout'>;

export interface NodeExchangeOptions {
  readonly channel: Channel;
  readonly stream: TunnelStream;
  readonly head: TunnelRequestHead;
  /** Whether there is no body. */
  readonly isEnd: boolean;
  readonly open: OpenRequest;
  /** Until when the caller waits, where it said so. */
  readonly deadline?: RequestDeadline | undefined;
}

/**
 * One request over a tunnel, served by handlers of `node:http`: the objects are Node's own, because frameworks replace their
 * prototypes and look into them; only what Node would read from and write to a socket goes as frames.
 */
export class NodeExchange implements StreamReceiver, SocketOwner, AnswerWay {
  readonly channel: Channel;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #stream: TunnelStream;
  readonly #socket: VirtualSocket;
  readonly #declared: number | undefined;
  readonly #open: OpenRequest;
  /** Bytes in the request's buffer that nobody has asked for. */
  #unasked = 0;
  /** What the answer waits for until it may send more. */
  #waiting: (() => void)[] = [];
  /** What came between the call of `end` and its return: it goes with the end. */
  #last: Buffer[] | undefined;
  #isAnswered = false;
  #trailers: string[] = [];
  #callOffTimeout: NodeJS.Timeout | undefined;

  constructor({ channel, stream, head, isEnd, open }: NodeExchangeOptions) {
    this.#open = open;
    open.port = channel.socket.localPort;
    open.requestId = head.requestId;
    open.traceparent = head.traceparent;
    this.channel = channel;
    this.#stream = stream;
    this.#declared = head.declared;
    const socket = new VirtualSocket(this);
    this.#socket = socket;
    // The classes ask for a net.Socket; what they use of one is there.
    const request = new IncomingMessage(socket as never);
    request.method = head.method;
    request.url = head.path;
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    // Frameworks ask this field whether there is a body.
    if (!isEnd && head.declared === undefined) head.fields.push('transfer-encoding', 'chunked');
    addFields(request, head.fields);
    if (isEnd) {
      request.complete = true;
      request.push(null);
    }
    this.request = request;
    this.response = new ServerResponse(request);
    this.response.assignSocket(socket as never);
    takeOver(this.response, this);
  }

  /** Hands the request to the server's listeners, as Node's own server does. */
  begin(server: ExchangeServer, expects: string | undefined): void {
    const { request, response } = this;
    if (!request.complete && server.requestTimeout > 0) {
      this.#callOffTimeout = setTimeout(() => this.#timeOut(), server.requestTimeout).unref();
    }
    if (expects === undefined) server.emit('request', request, response);
    else if (/^100-continue$/i.test(expects)) {
      if (server.listenerCount('checkContinue') > 0) server.emit('checkContinue', request, response);
      else {
        response.writeContinue();
        server.emit('request', request, response);
      }
    } else if (server.listenerCount('checkExpectation') > 0) server.emit('checkExpectation', request, response);
    else {
      response.writeHead(417);
      response.end();
    }
  }

  sendHead(header: string): void {
    this.#socket.refresh();
    try {
      this.#stream.head(headOf(header), false);
    } catch (error) {
      // Longer than any head may be.
      this.#socket.destroy(error instanceof Error ? error : undefined);
    }
  }

  sendBody(bytes: Buffer, done: (() => void) | undefined): boolean {
    this.#socket.refresh();
    this.#open.bytesOut += bytes.length;
    if (this.#last !== undefined) {
      if (bytes.length > 0) this.#last.push(bytes);
      if (done !== undefined) process.nextTick(done);
      return true;
    }
    const isWelcome = bytes.length === 0 || this.#stream.write(bytes);
    if (done !== undefined) {
      if (isWelcome) process.nextTick(done);
      else this.#waiting.push(done);
    }
    return isWelcome;
  }

  beginEnd(): void {
    this.#last = [];
  }

  end(trailers: string): void {
    const last = this.#last ?? [];
    this.#last = undefined;
    if (this.#isAnswered || this.#socket.destroyed) return;
    this.#isAnswered = true;
    const body = last.length > 1 ? Buffer.concat(last) : last[0];
    if (trailers === '') this.#stream.end(body);
    else {
      if (body !== undefined) this.#stream.write(body);
      this.#stream.head(encodeTrailers(trailerFields(trailers)), true);
    }
    process.nextTick(afterAnswer, this);
  }

  /** Node's server does this when an answer is finished. */
  afterAnswer(): void {
    const { request, response } = this;
    clearTimeout(this.#callOffTimeout);
    // Nobody who looks at a request of which all is there would see the difference.
    if (!request.complete || request.listenerCount('end') + request.listenerCount('close') > 0) request.resume();
    if (response.socket !== null) response.detachSocket(this.#socket as never);
    process.nextTick(CLOSES_LATE ? closeSoon : closeAnswer, this);
  }

  /** The last that is heard of an answer. */
  closeAnswer(): void {
    const { response } = this;
    response.destroyed = true;
    response.emit('close');
    this.#open.status = response.statusCode;
    this.#open.end();
  }

  onWanted(): void {
    const bytes = this.#unasked;
    this.#unasked = 0;
    if (bytes > 0) this.#stream.consumed(bytes);
  }

  onDestroyed(): void {
    clearTimeout(this.#callOffTimeout);
    this.#stream.reset('broken');
    this.#dropWaiting();
    if (!this.request.destroyed) this.request.destroy(aborted());
  }

  onHead(block: string): void {
    const trailers = decodeTrailers(block);
    if (trailers === undefined) this.#break('malformed', 'the fields after the body');
    else this.#trailers = trailers;
  }

  onData(bytes: Buffer): void {
    this.#socket.refresh();
    this.#open.bytesIn += bytes.length;
    if (this.#declared !== undefined && this.#open.bytesIn > this.#declared) {
      this.#break('malformed', 'a body that is longer than it said');
      return;
    }
    if (this.request.destroyed) this.#stream.consumed(bytes.length);
    else if (this.request.push(bytes)) this.#stream.consumed(bytes.length);
    else this.#unasked += bytes.length;
  }

  onEnd(): void {
    if (this.#declared !== undefined && this.#open.bytesIn < this.#declared) {
      this.#break('malformed', 'a body that is shorter than it said');
      return;
    }
    clearTimeout(this.#callOffTimeout);
    this.request.complete = true;
    addFields(this.request, this.#trailers);
    this.request.push(null);
  }

  /** The caller is gone, or the connection. */
  onReset(_code: StreamEnd, _detail: string): void {
    clearTimeout(this.#callOffTimeout);
    const { request } = this;
    const socket = this.#socket;
    if (socket.destroyed || this.#isAnswered) {
      if (!request.complete) request.destroy();
      return;
    }
    socket.close();
    this.#dropWaiting();
    if (!request.destroyed) request.destroy(aborted());
    // Node's listener of this event marks the answer as closed, and says so.
    socket.emit('close', true);
  }

  onWritable(): void {
    for (const done of this.#waiting.splice(0)) done();
    if (this.#isAnswered) return;
    Object.defineProperty(this.response, 'writableNeedDrain', { value: false, configurable: true });
    this.response.emit('drain');
  }

  #break(code: 'malformed' | 'timeout', detail: string): void {
    this.#stream.reset(code, detail);
    this.onReset(code, detail);
  }

  #timeOut(): void {
    if (!this.response.headersSent) this.#stream.head('408', true);
    this.#break('timeout', 'the request took too long');
  }

  /** It ended before its end. */
  #dropWaiting(): void {
    if (this.response.headersSent) this.#open.status = this.response.statusCode;
    this.#open.refusal ??= 'THEMIS_CONNECTION_LOST';
    this.#open.end();
    this.#waiting = [];
    this.#last = undefined;
  }
}

/** From which release on Node tells of the end of a request that it throws away before the close of its answer. */
const CLOSES_LATE = Number(process.versions.node.split('.')[0]) >= 26;

function afterAnswer(exchange: NodeExchange): void {
  exchange.afterAnswer();
}

/** Behind what a request that ends now says of it. */
function closeSoon(exchange: NodeExchange): void {
  process.nextTick(closeAnswer, exchange);
}

function closeAnswer(exchange: NodeExchange): void {
  exchange.closeAnswer();
}

/** As Node's own, whose class is not public. */
function aborted(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

function trailerFields(text: string): string[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
}
