import type { Channel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';

/** Tells of a raw connection, when it is closed. */
export function logRaw(open: OpenRequest, channel: Channel): void {
  const { socket } = channel;
  const isInbound = open.direction === 'inbound';
  open.port = isInbound ? socket.localPort : socket.remotePort;
  // The answer to the handshake is no byte of the connection.
  const [read, written] = [socket.bytesRead, socket.bytesWritten];
  const end = (): void => {
    const { state } = channel;
    const [taken, given] = [socket.bytesRead - read, socket.bytesWritten - written];
    open.bytesIn = isInbound ? taken : given;
    open.bytesOut = isInbound ? given : taken;
    if (state.is === 'closed') open.refusal = state.because?.code;
    open.end();
  };
  if (channel.state.is === 'closed') end();
  else channel.onState((state) => void (state.is === 'closed' && end()));
}
