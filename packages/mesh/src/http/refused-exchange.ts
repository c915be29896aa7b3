import type { Channel, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import { encodeAnswerHead } from './head-block.ts';
import type { RefusedAnswer } from './refused-answer.ts';

/** A request over a tunnel that a policy refuses: it is answered at once, and what comes of its body is passed over. */
export class RefusedExchange implements StreamReceiver {
  readonly #stream: TunnelStream;

  constructor(channel: Channel, stream: TunnelStream, open: OpenRequest, { status, body }: RefusedAnswer) {
    this.#stream = stream;
    const bytes = Buffer.from(open.method === 'HEAD' ? '' : body);
    const fields = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
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
