import type { Socket } from 'node:net';

/**
 * Resets a connection, so that nobody takes what came of it for the whole.
 *
 * On Node 24 a reset in the turn of the event loop in which something was read goes out as a plain end: the socket is shut down
 * first, and then no longer reset. Two turns later it is what it says.
 */
export function reset(socket: Socket): void {
  setImmediate(() => setImmediate(() => socket.resetAndDestroy()));
}
