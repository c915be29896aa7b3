import { Readable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import type { Tunnel, TunnelStream } from '@themis-mesh/channel';
import { discardBody } from '../wire/discard-body.ts';
import type { MeshRequest, MeshResponse } from '../message.ts';
import { StreamUpload } from './stream-upload.ts';
import { TunnelCall, type TunnelFate } from './tunnel-call.ts';
import type { TunnelHead } from '../wire/tunnel-head.ts';

/**
 * Sends a request as one stream of a tunnel that has room.
 *
 * @param fate is told how it ended, where that was before its end
 * @throws ThemisError `THEMIS_CONNECTION_LOST`, `THEMIS_ANSWER_MALFORMED`; the signal's reason; the body's own error
 */
export function callOverTunnel(tunnel: Tunnel, request: MeshRequest, head: TunnelHead, fate: TunnelFate): Promise<MeshResponse> {
  return new Promise((resolve, reject) => {
    const { body, signal } = request;
    const isSentAtOnce = !(body instanceof Readable);
    const call = new TunnelCall(tunnel.channel, request, fate, resolve, reject);
    const stream = tunnel.open('http', head.block, isSentAtOnce && (body === undefined || body.length === 0), call);
    call.attach(stream);
    if (body instanceof Readable) send(call, stream, body, request, head);
    else if (body !== undefined && body.length > 0) stream.end(body);
    if (signal !== undefined) abortWith(call, signal, request);
  });
}

function send(call: TunnelCall, stream: TunnelStream, body: Readable, request: MeshRequest, head: TunnelHead): void {
  const upload = new StreamUpload({
    body,
    stream,
    declared: head.declared,
    trailers: request.trailers,
    onFailure: (error) => call.cancel(error),
  });
  call.onRoom = () => upload.resume();
  call.whenOver(() => {
    upload.end();
    // A call that failed before its answer may be made again with the same body.
    if (call.status !== 0) discardBody(body);
  });
}

function abortWith(call: TunnelCall, signal: AbortSignal, { service }: MeshRequest): void {
  const onAbort = (): void => {
    const { reason } = signal as { readonly reason: unknown };
    call.cancel(
      reason instanceof Error ? reason : new ThemisError('THEMIS_ABORTED', `the call of ${service}`, { cause: reason }),
      reason,
    );
  };
  signal.addEventListener('abort', onAbort, { once: true });
  call.whenOver(() => signal.removeEventListener('abort', onAbort));
}
