import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { addFields, IncomingMessage } from './node-http.ts';
import type { AnswerMessage } from './message.ts';
import type { BodyReader, TunnelCall } from './tunnel-call.ts';

/** An answer that comes over a tunnel, as a stream of Node. Whoever destroys it ends the call. */
export class TunnelMessage extends Readable implements AnswerMessage, BodyReader {
  readonly httpVersion = '1.1';
  readonly #call: TunnelCall;
  #headers: IncomingHttpHeaders | undefined;
  #isComplete = false;
  /** Bytes in the stream's buffer that nobody has asked for. */
  #unasked = 0;

  constructor(call: TunnelCall) {
    super();
    this.#call = call;
    call.read(this);
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

  /** As Node makes them of its own messages. */
  get headers(): IncomingHttpHeaders {
    this.#headers ??= headersOf(this.#call.rawHeaders);
    return this.#headers;
  }

  get rawTrailers(): string[] {
    return this.#call.rawTrailers;
  }

  get complete(): boolean {
    return this.#isComplete;
  }

  onData(bytes: Buffer): void {
    if (this.push(bytes)) this.#call.consumed(bytes.length);
    else this.#unasked += bytes.length;
  }

  onEnd(): void {
    this.#isComplete = true;
    this.push(null);
  }

  onFail(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    const bytes = this.#unasked;
    this.#unasked = 0;
    if (bytes > 0) this.#call.consumed(bytes);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#call.discard();
    done(error);
  }
}

/** Node's own class knows which fields are lists, which are joined, and which count once. */
function headersOf(rawHeaders: string[]): IncomingHttpHeaders {
  const message = new IncomingMessage(undefined as never);
  addFields(message, rawHeaders);
  return message.headers;
}
