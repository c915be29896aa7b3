import type { ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';

/** What a request has said of its body. */
export interface Promised {
  /** How many bytes it has; undefined where it is sent in chunks. */
  readonly declared: number | undefined;
  /** Asked when the body has ended: the fields after it, where it is sent in chunks. */
  readonly trailers: (() => readonly [string, string][]) | undefined;
}

/** A stream on its way into one request. Nothing of it is read before it starts, so that another request may have it whole. */
export class Upload {
  readonly #body: Readable;
  readonly #request: ClientRequest;
  readonly #promised: Promised;
  #sent = 0;
  #failure: Error | undefined;

  constructor(body: Readable, request: ClientRequest, promised: Promised) {
    this.#body = body;
    this.#request = request;
    this.#promised = promised;
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
    if (this.#promised.declared !== undefined) body.on('data', this.#count);
    // Before the pipe, which ends the request at the same event.
    body.on('end', this.#onEnd);
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
    const { declared = Infinity } = this.#promised;
    this.#sent += Buffer.byteLength(chunk);
    if (this.#sent > declared) this.#fail(new TypeError(`the body is longer than the ${declared} bytes declared`));
  };

  readonly #onEnd = (): void => {
    const { declared, trailers } = this.#promised;
    if (this.#sent < (declared ?? 0)) this.#fail(new TypeError(`the body is shorter than the ${declared} bytes declared`));
    const fields = declared === undefined ? (trailers?.() ?? []) : [];
    if (fields.length > 0) this.#request.addTrailers(fields);
  };

  readonly #onClose = (): void => {
    if (!this.#body.readableEnded) this.#fail(new TypeError('the body was destroyed before its end'));
  };

  readonly #fail = (error: Error): void => {
    this.#failure ??= error;
    this.#request.destroy(error);
  };
}
