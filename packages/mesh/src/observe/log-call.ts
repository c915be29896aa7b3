import type { OpenRequest } from '@themis-mesh/telemetry';
import type { MeshResponse } from '../http/message.ts';

/** Tells of the answer to a call, when it has ended. */
export function logAnswerOf(open: OpenRequest, answer: MeshResponse): void {
  open.status = answer.status;
  if (answer.upgraded !== undefined) open.protocol = 'websocket';
  answer.whenOver(() => {
    open.bytesOut = answer.received;
    if (answer.failure === undefined) open.end();
    else open.fail(answer.failure);
  });
}
