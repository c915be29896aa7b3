import type { OpenRequest } from '@themis-mesh/telemetry';
import type { MeshResponse } from '../http/message.ts';
import { bodyBytes } from './body-bytes.ts';

/** Tells of a call that was sent: its answer, and its end. */
export async function logCall(open: OpenRequest, sent: Promise<MeshResponse>): Promise<MeshResponse> {
  try {
    const answer = await sent;
    follow(open, answer);
    return answer;
  } catch (error) {
    open.fail(error);
    throw error;
  }
}

function follow(open: OpenRequest, { message, upgraded }: MeshResponse): void {
  open.status = message.statusCode ?? 0;
  if (upgraded !== undefined) {
    const { socket } = upgraded;
    open.protocol = 'websocket';
    socket.once('close', () => open.end());
    return;
  }
  const { socket } = message;
  const before = socket.bytesRead;
  const onClose = (): void => {
    open.bytesOut = open.method === 'HEAD' ? 0 : (bodyBytes(message.headers['content-length']) ?? socket.bytesRead - before);
    if (message.complete) open.end();
    else open.fail(message.errored ?? undefined);
  };
  if (message.closed) onClose();
  else message.once('close', onClose);
}
