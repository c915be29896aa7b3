import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { ServiceName } from '@themis-mesh/core';
import type { CallTerms } from '../traffic/terms.ts';

/** An HTTP/1.1 request to a service, as it goes over the wire. */
export interface MeshRequest {
  readonly service: ServiceName;
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
  /** Asked when a streamed body has ended: the fields after it, where it is chunked (RFC 9110 section 6.5). */
  readonly trailers?: (() => readonly [string, string][]) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the call asks for besides. */
  readonly terms?: CallTerms | undefined;
}

/** The answer's head; its body is to be read or destroyed. Where the connection ends early, the body fails with a ThemisError. */
export interface MeshResponse {
  readonly message: IncomingMessage;
  /** Present where the service took up an upgrade (RFC 9110 section 7.8): the bytes of the new protocol. */
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Runs when an answer was read to its end or let go of; of one that was upgraded, when its connection has ended. */
export function onceOver({ message, upgraded }: MeshResponse, run: () => void): void {
  if (upgraded !== undefined) upgraded.socket.once('close', run);
  else if (message.destroyed) run();
  else message.once('close', run);
}
