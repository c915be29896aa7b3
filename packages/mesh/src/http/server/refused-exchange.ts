import type { Channel, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import { encodeAnswerHead } from '../wire/head-block.ts';

/** What is said to whoever is refused. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  /** Names and values in turn. Default: that the body is JSON, and its length. */
  readonly fields?: readonly string[];
}

/**
 * A request over a tunnel that is refused, by a policy or by a limit: it is answered at once, and what comes of its
 * body is passed over.
 */
export class RefusedExchange implements StreamReceiver {
  readonly #stream: TunnelStream;

  constructor(channel: Channel, stream: TunnelStream, open: OpenRequest, { status, body, ...said }: Refusal) {
    this.#stream = stream;
    const bytes = Buffer.from(open.method === 'HEAD' ? '' : body);
    const fields = said.fields ?? ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
    stream.head(encodeAnswerHead(status, fields), false);
    stream.end(bytes);
    open.port = channel.socket.localPort;
    open.status = status;
    open.bytesOut = bytes.length;
    open.end();
  }

  onHead(): void {
    // Trailers of a body that nobody reads.
  }

  onData(bytes: Buffer): void {
    this.#stream.consumed(bytes.length);
  }

  onEnd(): void {
    // It was answered already.
  }

  onReset(): void {
    // The caller is gone: there is nothing to let go of.
  }

  onWritable(): void {
    // All was said at once.
  }
}
