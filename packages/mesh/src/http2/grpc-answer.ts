import type { ServerHttp2Stream } from 'node:http2';
import { REASON_FIELD } from '../http/server/doorkeeper.ts';
import { grpcStatusOf } from '../http/grpc-status.ts';

/**
 * Answers a call of gRPC in its own words, by an answer that is nothing but trailers: of a status of HTTP its clients would know
 * no more than that something is wrong on the way.
 *
 * @param status as HTTP would say it
 * @param reason a code of errors.md or of a refusal
 */
export function answerInGrpc(stream: ServerHttp2Stream, status: number, reason = ''): void {
  stream.on('error', () => undefined);
  if (stream.destroyed || stream.headersSent) return;
  // What the caller still sends is thrown away, so that the stream can end.
  stream.resume();
  const fields = { 'grpc-status': grpcStatusOf(status), 'grpc-message': reason, [REASON_FIELD]: reason };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...fields }, { endStream: true });
}
