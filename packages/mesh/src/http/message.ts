import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { TargetName } from '@themis-mesh/core';
import type { CallTerms } from '../traffic/terms.ts';
import type { BodySource } from './wire/body-reader.ts';

/** An HTTP request to a service, as it goes over the wire. */
export interface MeshRequest {
  readonly service: TargetName;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /**
   * Names and values in turn, as in `IncomingMessage.rawHeaders`. `host` is set where it is missing; what they say of the
   * body's length and transfer coding is replaced by how it is sent.
   */
  readonly headers: readonly string[];
  /** Bytes may be sent again to another instance; a stream only while nothing of it was read. It is destroyed in the end. */
  readonly body?: Buffer | Readable | undefined;
  /** Asked when a streamed body has ended: the fields after it (RFC 9110 section 6.5). */
  readonly trailers?: (() => readonly [string, string][]) | undefined;
  /** Hears of each interim answer (RFC 9110 section 15.2). */
  readonly onInformation?: ((status: number, rawHeaders: readonly string[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the call asks for besides. */
  readonly terms?: CallTerms | undefined;
}

/** An answer as a stream of Node, of the shape of `http.IncomingMessage`. Where it ends early, it fails with a ThemisError. */
export interface AnswerMessage extends Readable {
  readonly httpVersion: string;
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly rawTrailers: string[];
  /** Whether all of it has come. */
  readonly complete: boolean;
}

/** The answer's head, and its body, which is to be read in one of three ways: piece by piece, as a stream, or whole. */
export interface MeshResponse extends BodySource {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: string[];
  /** Whether nothing more comes. */
  readonly complete: boolean;
  /** Bytes of the body that have come. */
  readonly received: number;
  /** Why nothing more comes, where that is not its end. */
  readonly failure: Error | undefined;
  /** The body and the fields after it as a stream, made when it is first asked for. It is to be read or destroyed. */
  readonly message: AnswerMessage;
  /** Present where the service took up an upgrade (RFC 9110 section 7.8): the bytes of the new protocol. */
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
  /** All of the body. @throws ThemisError where it ends early */
  collect(): Promise<Buffer>;
  /** Has a function called when nothing more comes, or now. */
  whenOver(done: () => void): void;
}
