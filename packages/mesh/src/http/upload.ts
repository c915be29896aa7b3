import type { ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';

/** A stream on its way into one request. Nothing of it is read before it starts, so that another request may have it whole. */
export class Upload {
  readonly #body: Readable;
  readonly #request: ClientRequest;
  readonly #declared: number | undefined;
  #sent = 0;
  #failure: Error | undefined;

  /** @param declared how many bytes the request has promised */
  constructor(body: Readable, request: ClientRequest, declared: number | undefined) {
    this.#body = body;
    this.#request = request;
    this.#declared = declared;
  }

  /** What went wrong with the stream, as opposed to the request. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  start(): void {
    const body = this.#body;
    if (body.destroyed) {
      this.#fail(body.errored ?? new TypeError('the body was destroyed before it was sent'));
      return;
    }
    body.on('error', this.#fail);
    body.on('close', this.#onClose);
    if (this.#declared !== undefined) {
      body.on('data', this.#count);
      body.on('end', this.#onEnd);
    }
    body.pipe(this.#request);
  }

  /** Lets go of the stream, which stays as it is. */
  end(): void {
    const body = this.#body;
    body.unpipe(this.#request);
    body.off('close', this.#onClose);
    body.off('data', this.#count);
    body.off('end', this.#onEnd);
    body.off('error', this.#fail);
    // What becomes of the stream is nobody's concern any more; without a listener its error would end the process.
    body.on('error', () => undefined);
  }

  readonly #count = (chunk: Buffer | string): void => {
    this.#sent += Buffer.byteLength(chunk);
    if (this.#sent > (this.#declared ?? Infinity)) this.#fail(new TypeError(`the body is longer than the ${this.#declared} bytes declared`));
  };

  readonly #onEnd = (): void => {
    if (this.#sent < (this.#declared ?? 0)) this.#fail(new TypeError(`the body is shorter than the ${this.#declared} bytes declared`));
  };

  readonly #onClose = (): void => {
    if (!this.#body.readableEnded) this.#fail(new TypeError('the body was destroyed before its end'));
  };

  readonly #fail = (error: Error): void => {
    this.#failure ??= error;
    this.#request.destroy(error);
  };
}
