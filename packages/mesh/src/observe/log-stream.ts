import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Peer } from '@themis-mesh/core';
import type { OpenRequest, RequestLog } from '@themis-mesh/telemetry';
import { isGrpc, parseGrpcStatus } from '../http/grpc-status.ts';
import { bodyBytes } from './body-bytes.ts';
import { noteGrpcStatus } from './log-grpc.ts';

/** Tells of a request that came as a stream of HTTP/2, when it has ended. Bytes of bodies are those that their heads declare. */
export function logStream(
  requests: RequestLog,
  peer: Peer,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): OpenRequest {
  const isCall = isGrpc(headers['content-type']);
  const open = requests.inbound(isCall ? 'grpc' : 'h2', peer, headers[':method'], headers[':path']);
  open.port = stream.session?.socket.localPort;
  open.requestId = textOf(headers['x-request-id']);
  open.traceparent = textOf(headers['traceparent']);
  stream.once('close', () => {
    const { sentHeaders, sentTrailers } = stream as Partial<Pick<ServerHttp2Stream, 'sentHeaders' | 'sentTrailers'>>;
    open.status = Number(sentHeaders?.[':status'] ?? 0);
    const code = isCall ? parseGrpcStatus(sentTrailers?.[GRPC_STATUS] ?? sentHeaders?.[GRPC_STATUS]) : undefined;
    if (code !== undefined) noteGrpcStatus(open, code);
    open.bytesIn = bodyBytes(headers['content-length']) ?? 0;
    open.bytesOut = bodyBytes(sentHeaders?.['content-length']) ?? 0;
    if (open.status === 0 || stream.rstCode !== 0) open.refusal ??= 'THEMIS_CONNECTION_LOST';
    open.end();
  });
  return open;
}

/** Among the trailers, or in the head of an answer that is nothing else. */
const GRPC_STATUS = 'grpc-status';

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
