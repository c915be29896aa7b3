import type { Readable } from 'node:stream';
import type { TunnelStream } from '@themis-mesh/channel';
import { encodeTrailers } from '../wire/head-block.ts';

export interface StreamUploadOptions {
  readonly body: Readable;
  readonly stream: TunnelStream;
  /** How many bytes there must be; undefined where nothing was said. */
  readonly declared: number | undefined;
  readonly trailers: (() => readonly [string, string][]) | undefined;
  /** What went wrong with the body, as opposed to the call. Called at most once; nothing is sent any more then. */
  readonly onFailure: (error: Error) => void;
}

/** A stream of Node on its way into a stream of a tunnel, at the pace of the slower. */
export class StreamUpload {
  readonly #options: StreamUploadOptions;
  #sent = 0;
  #isOver = false;

  constructor(options: StreamUploadOptions) {
    this.#options = options;
    const { body } = options;
    if (body.destroyed) {
      this.#fail(body.errored ?? new TypeError('the body was destroyed before it was sent'));
      return;
    }
    body.on('error', this.#fail);
    body.on('close', this.#onClose);
    body.on('end', this.#onEnd);
    body.on('data', this.#onData);
  }

  /** There is room again. */
  resume(): void {
    if (!this.#isOver) this.#options.body.resume();
  }

  /** Lets go of the stream, which stays as it is. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { body } = this.#options;
    body.off('data', this.#onData);
    body.off('end', this.#onEnd);
    body.off('close', this.#onClose);
    body.off('error', this.#fail);
    // What becomes of the stream is nobody's concern any more; without a listener its error would end the process.
    body.on('error', () => undefined);
  }

  readonly #onData = (chunk: Buffer | string): void => {
    const { body, stream, declared = Infinity } = this.#options;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#sent += bytes.length;
    if (this.#sent > declared) this.#fail(new TypeError(`the body is longer than the ${declared} bytes declared`));
    else if (!stream.write(bytes)) body.pause();
  };

  readonly #onEnd = (): void => {
    const { stream, declared, trailers } = this.#options;
    if (this.#sent < (declared ?? 0)) {
      this.#fail(new TypeError(`the body is shorter than the ${declared} bytes declared`));
      return;
    }
    const fields = trailers?.() ?? [];
    this.end();
    if (fields.length === 0) stream.end();
    else stream.head(encodeTrailers(fields.flat()), true);
  };

  readonly #onClose = (): void => {
    if (!this.#options.body.readableEnded) this.#fail(new TypeError('the body was destroyed before its end'));
  };

  readonly #fail = (error: Error): void => {
    if (this.#isOver) return;
    this.end();
    this.#options.onFailure(error);
  };
}
