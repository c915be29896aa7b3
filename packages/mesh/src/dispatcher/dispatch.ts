import { ThemisError } from '@themis-mesh/core';
import type { AnswerMessage, MeshRequest, MeshResponse } from '../http/message.ts';
import { listenerOf, rawOf, type DispatchController, type DispatchHandler, type Listener } from './handler.ts';
import { requestOf, type DispatchOptions } from './options.ts';

export type Send = (request: MeshRequest) => Promise<MeshResponse>;

/** One request of undici, from its start to its end. */
export class Dispatch implements DispatchController {
  readonly #send: Send;
  readonly #listener: Listener;
  readonly #aborting = new AbortController();
  #message: AnswerMessage | undefined;
  #isOver = false;
  rawHeaders: readonly Buffer[] = [];
  rawTrailers: readonly Buffer[] = [];
  paused = false;

  constructor(send: Send, handler: DispatchHandler) {
    this.#send = send;
    this.#listener = listenerOf(handler, this);
  }

  get aborted(): boolean {
    return this.#aborting.signal.aborted;
  }

  get reason(): Error | null {
    return this.aborted ? (this.#aborting.signal.reason as Error) : null;
  }

  abort(reason: Error = new ThemisError('THEMIS_ABORTED', 'by whoever asked for it')): void {
    if (this.aborted || this.#isOver) return;
    this.#aborting.abort(reason);
    if (this.#message === undefined) this.#fail(reason);
    else this.#message.destroy(reason);
  }

  pause(): void {
    this.paused = true;
    this.#message?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#message?.resume();
  }

  /** Does it. Whatever goes wrong is told to the handler. */
  async run(options: DispatchOptions): Promise<void> {
    try {
      const request = requestOf(options);
      this.#listener.start();
      if (this.aborted) return;
      const onInformation = (status: number, fields: readonly string[]): void => {
        this.rawHeaders = rawOf(fields);
        if (!this.aborted) this.#listener.information({ status, statusText: '', fields });
      };
      const response = await this.#send({ ...request, onInformation, signal: this.#aborting.signal });
      if (this.aborted) response.discard();
      else this.#answer(response);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new ThemisError('THEMIS_ABORTED', 'by a signal', { cause: error }));
    }
  }

  #answer(response: MeshResponse): void {
    const { status, statusText, rawHeaders: fields, upgraded } = response;
    this.rawHeaders = rawOf(fields);
    if (upgraded !== undefined) {
      this.#isOver = true;
      const { socket, head } = upgraded;
      if (head.length > 0) socket.unshift(head);
      this.#listener.upgrade({ status, statusText, fields }, socket);
      return;
    }
    const { message } = response;
    this.#message = message;
    message.on('error', (error: Error) => {
      this.#fail(error);
    });
    message.once('close', () => {
      this.#fail(this.reason ?? new ThemisError('THEMIS_CONNECTION_LOST', 'before the end of the answer'));
    });
    this.#listener.head({ status, statusText, fields });
    message.on('data', (chunk: Buffer) => {
      // What was on its way when it was aborted is not wanted any more.
      if (!this.#isOver && !this.aborted) this.#listener.data(chunk);
    });
    message.once('end', () => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.rawTrailers = rawOf(message.rawTrailers);
      this.#listener.end(message.rawTrailers);
    });
    if (this.paused) message.pause();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.fail(error);
  }
}
