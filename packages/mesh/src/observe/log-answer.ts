import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Peer } from '@themis-mesh/core';
import type { OpenRequest, RequestLog } from '@themis-mesh/telemetry';
import { bodyBytes } from './body-bytes.ts';

/**
 * Tells of a request that a server of `node:http` took, when it has ended. Whoever knows more of it says so till then.
 *
 * @param peer who it was proved to come from; undefined outside the mesh
 */
export function logAnswer(
  requests: RequestLog,
  peer: Peer | undefined,
  request: IncomingMessage,
  response: ServerResponse | Duplex,
): OpenRequest {
  const isUpgrade = !('statusCode' in response);
  const open = requests.inbound(isUpgrade ? 'websocket' : 'http/1.1', peer, request.method, request.url);
  const { socket } = request;
  if (peer === undefined) open.remote = `${socket.remoteAddress}:${socket.remotePort}`;
  open.port = socket.localPort;
  open.requestId = textOf(request.headers['x-request-id']);
  open.traceparent = textOf(request.headers['traceparent']);
  const [read, written] = [socket.bytesRead, socket.bytesWritten];
  response.once('close', () => {
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    open.bytesIn = bodyBytes(request.headers['content-length']) ?? (isChunked || isUpgrade ? socket.bytesRead - read : 0);
    if (isUpgrade) {
      open.bytesOut = socket.bytesWritten - written;
    } else if (response.headersSent) {
      const { statusCode } = response;
      const hasBody = request.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
      open.status = statusCode;
      open.bytesOut = hasBody
        ? (bodyBytes(response.getHeader('content-length')) ?? socket.bytesWritten - written - headLength(response))
        : 0;
      if (!response.writableFinished) open.refusal ??= 'THEMIS_CONNECTION_LOST';
    } else {
      open.refusal ??= 'THEMIS_CONNECTION_LOST';
    }
    open.end();
  });
  return open;
}

/** Node keeps the head that it wrote, and counts it among the bytes of the connection. */
function headLength(response: ServerResponse): number {
  const head: unknown = Reflect.get(response, '_header');
  return typeof head === 'string' ? head.length : 0;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
