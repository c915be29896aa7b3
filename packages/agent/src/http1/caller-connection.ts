import type { Socket } from 'node:net';
import { ThemisError } from '@themis-mesh/core';
import type { Mesh } from '@themis-mesh/mesh';
import { errorAnswer } from '../http/error-response.ts';
import type { Watched } from '../tcp/guards.ts';
import { CallerExchange, type CallerLine, type MeshRoute } from './caller-exchange.ts';
import type { FieldSection } from './field-section.ts';
import type { HttpFault } from './http-fault.ts';
import type { RequestForms, RequestHead } from './request-head.ts';
import { RequestParser, type RequestHandler } from './request-parser.ts';
import { responseHeadText } from './write-head.ts';
import { reset } from '../tcp/reset.ts';

/** Says where requests go: one for each connection, so that it may remember what was said on it. */
export interface CallerRouter {
  readonly forms: RequestForms;
  /** @returns `elsewhere`: it is for whoever takes over the connection. @throws ThemisError to answer with */
  route(head: RequestHead): MeshRoute | 'elsewhere';
}

export interface CallerOptions {
  readonly router: CallerRouter;
  readonly send: Mesh['send'];
  /** Takes over a connection, on which nothing is under way. @param bytes a request, and what else was read */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
  /** Has a connection watched. @returns has it watched no more */
  readonly watch: (connection: Watched) => () => void;
}

/**
 * A connection of a plain caller, whose requests go to services of the mesh, one at a time.
 *
 *     open ── CONNECT, upgrade, host outside ──▶ handed over
 *     open ── fault, `connection: close`, unfinished request answered ──▶ closing ──▶ closed
 */
export class CallerConnection implements RequestHandler, CallerLine, Watched {
  readonly socket: Socket;
  readonly send: Mesh['send'];
  readonly #options: CallerOptions;
  readonly #parser: RequestParser;
  readonly #gone = new AbortController();
  readonly #unwatch: () => void;
  #exchange: CallerExchange | undefined;
  #state: 'open' | 'handed over' | 'closing' = 'open';

  constructor(socket: Socket, options: CallerOptions) {
    this.socket = socket;
    this.send = options.send;
    this.#options = options;
    this.#parser = new RequestParser(this, options.router.forms);
    this.#unwatch = options.watch(this);
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onSocketEnd);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isWaitedFor(): boolean {
    return this.socket.writableLength > 0 || this.#exchange === undefined || this.#exchange.awaitsMore;
  }

  stall(): void {
    const isIdle = this.#exchange === undefined && this.#parser.isBetween && this.socket.writableLength === 0;
    if (isIdle) this.socket.destroy();
    else reset(this.socket);
  }

  onHead(head: RequestHead): void {
    try {
      const route = this.#options.router.route(head);
      if (route === 'elsewhere') this.#handOver();
      else this.#exchange = new CallerExchange(this, head, route);
    } catch (error) {
      this.#answerError(error, { head, persists: head.persists && head.framing === 0 });
    }
  }

  onBody(bytes: Buffer): void {
    if (this.#exchange?.take(bytes) === false) this.socket.pause();
  }

  onEnd(trailers: FieldSection): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#parser.pause();
    exchange.finish(trailers);
  }

  onFault({ status, detail }: HttpFault): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.abandon();
    if (exchange?.isAnswered === true) {
      this.socket.destroy();
      return;
    }
    this.#answer(status, errorAnswer(new ThemisError('THEMIS_REQUEST_REFUSED', detail)).body, { persists: false });
  }

  onRoom(): void {
    if (this.#state === 'open') this.socket.resume();
  }

  onAnswered(persists: boolean): void {
    this.#exchange = undefined;
    if (persists) this.#goOn();
    else this.#end();
  }

  onError(error: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (this.#state !== 'open' || exchange === undefined) return;
    const { head } = exchange;
    const persists = exchange.isAsked && head.persists;
    this.#answerError(error, { head, persists });
    if (persists) this.#goOn();
  }

  readonly #onData = (bytes: Buffer): void => {
    // What comes before its turn waits in the parser, and the rest with the caller.
    if (this.#exchange?.isAsked === true) this.socket.pause();
    this.#parser.push(bytes);
    this.#exchange?.begin();
  };

  readonly #onDrain = (): void => {
    this.#exchange?.onWritable();
  };

  readonly #onSocketEnd = (): void => {
    if (this.#exchange === undefined && this.#state === 'open') this.#parser.end();
    this.socket.end();
    // As with Node's server, who ends its side waits for nothing any more.
    if (this.#exchange !== undefined) this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#unwatch();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    exchange.abandon();
    this.#gone.abort();
  };

  /** The next request, which may be here already. */
  #goOn(): void {
    if (this.#state !== 'open') return;
    this.#parser.resume();
    const next = this.#next;
    next?.begin();
    if (next?.isAsked !== true && this.socket.isPaused()) this.socket.resume();
  }

  /** Asked where the parser may have found it. */
  get #next(): CallerExchange | undefined {
    return this.#exchange;
  }

  #handOver(): void {
    const { socket } = this;
    this.#state = 'handed over';
    this.#unwatch();
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onSocketEnd).off('close', this.#onClose);
    this.#options.handOver(socket, this.#parser.releaseWithHead());
  }

  #answerError(error: unknown, { head, persists }: { readonly head: RequestHead; readonly persists: boolean }): void {
    const { status, body } = errorAnswer(error);
    const isKept = persists && !ThemisError.is(error, 'THEMIS_PROXY_CREDENTIAL');
    this.#answer(status, body, { isHead: head.method === 'HEAD', persists: isKept });
  }

  #answer(
    status: number,
    text: string,
    { persists, isHead = false }: { readonly persists: boolean; readonly isHead?: boolean },
  ): void {
    const body = Buffer.from(text);
    const fields = ['content-type', 'application/json'];
    if (status === 407) fields.push('proxy-authenticate', 'Basic realm="themis"');
    if (!persists) fields.push('connection', 'close');
    const head = Buffer.from(responseHeadText({ status, fields, framing: body.length }), 'latin1');
    this.socket.write(isHead ? head : Buffer.concat([head, body]));
    if (!persists) this.#end();
  }

  /**
   * Ends the connection behind what was written. What the caller still sends is read and dropped for a while: bytes that nobody
   * reads would have the system throw away the answer with the connection (RFC 9112 section 9.6).
   */
  #end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#parser.release();
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.on('data', ignore);
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }
}

/** How long a caller may take to read the last answer, and to end its side. */
const LINGER_MS = 2000;

function ignore(): void {
  // Nothing is to be done.
}
