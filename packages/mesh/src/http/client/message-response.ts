import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { bodyBytes } from '../../observe/body-bytes.ts';
import type { BodyReader } from '../wire/body-reader.ts';
import type { MeshResponse } from '../message.ts';
import { readAll } from '../wire/read-all.ts';

/** The most bytes of a body that nobody wants which are read to keep its connection. */
const SMALL_BODY = 65_536;

/** An answer that Node's own client read. */
export class MessageResponse implements MeshResponse {
  readonly message: IncomingMessage;
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };

  /** A message lets go of its socket when it has ended. */
  readonly #socket: Socket;
  readonly #readBefore: number;
  /** Bytes that were given to a reader, who has not passed them on yet. */
  #unconsumed = 0;

  constructor(message: IncomingMessage, upgraded?: { readonly socket: Duplex; readonly head: Buffer }) {
    this.message = message;
    this.#socket = message.socket;
    this.#readBefore = message.socket.bytesRead;
    if (upgraded !== undefined) this.upgraded = upgraded;
  }

  get status(): number {
    return this.message.statusCode ?? 500;
  }

  get statusText(): string {
    return this.message.statusMessage ?? '';
  }

  get rawHeaders(): string[] {
    return this.message.rawHeaders;
  }

  get complete(): boolean {
    return this.message.complete && this.message.readableEnded;
  }

  get received(): number {
    // What follows an upgrade is no body.
    if (this.upgraded !== undefined) return this.#socket.bytesRead - this.#readBefore;
    const { req: request } = this.message as IncomingMessage & { readonly req?: ClientRequest };
    if (request?.method === 'HEAD') return 0;
    return bodyBytes(this.message.headers['content-length']) ?? this.#socket.bytesRead - this.#readBefore;
  }

  get failure(): Error | undefined {
    const { complete, errored } = this.message;
    if (complete || this.upgraded !== undefined) return undefined;
    return errored ?? new ThemisError('THEMIS_CONNECTION_LOST', 'the body was destroyed before its end');
  }

  get rawTrailers(): string[] {
    return this.message.rawTrailers;
  }

  read(reader: BodyReader): void {
    const { message } = this;
    message.on('data', (bytes: Buffer) => {
      this.#unconsumed += bytes.length;
      reader.onData(bytes);
      if (this.#unconsumed > 0) message.pause();
    });
    message.once('end', () => reader.onEnd(message.rawTrailers));
    message.on('error', () => undefined);
    message.once('close', () => {
      if (!message.readableEnded)
        reader.onFail(this.failure ?? new ThemisError('THEMIS_CONNECTION_LOST', 'the body ended early'));
    });
  }

  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
    if (this.#unconsumed === 0 && this.message.isPaused()) this.message.resume();
  }

  collect(): Promise<Buffer> {
    return readAll(this.message);
  }

  /** Reads a small body to its end, so that its connection can be used again; ends the connection of any other. */
  discard(): void {
    const { message } = this;
    const length = Number(message.headers['content-length'] ?? Infinity);
    if (length <= SMALL_BODY || message.complete) message.resume();
    else message.destroy();
  }

  whenOver(done: () => void): void {
    const { message, upgraded } = this;
    if (upgraded !== undefined) upgraded.socket.once('close', done);
    else if (message.destroyed) done();
    else message.once('close', done);
  }
}
