import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Peer } from '@themis-mesh/core';
import type { OpenRequest, RequestLog } from '@themis-mesh/telemetry';
import { bodyBytes } from './body-bytes.ts';

/** Tells of a request that came as a stream of HTTP/2, when it has ended. Bytes of bodies are those that their heads declare. */
export function logStream(
  requests: RequestLog,
  peer: Peer,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): OpenRequest {
  const open = requests.inbound('h2', peer, headers[':method'], headers[':path']);
  open.port = stream.session?.socket.localPort;
  open.requestId = textOf(headers['x-request-id']);
  open.traceparent = textOf(headers['traceparent']);
  stream.once('close', () => {
    const { sentHeaders } = stream as { readonly sentHeaders?: typeof stream.sentHeaders };
    open.status = Number(sentHeaders?.[':status'] ?? 0);
    open.bytesIn = bodyBytes(headers['content-length']) ?? 0;
    open.bytesOut = bodyBytes(sentHeaders?.['content-length']) ?? 0;
    if (open.status === 0 || stream.rstCode !== 0) open.refusal ??= 'THEMIS_CONNECTION_LOST';
    open.end();
  });
  return open;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
