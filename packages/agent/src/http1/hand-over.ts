import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Gives connections to a server of Node, which need not listen.
 *
 * @returns takes a connection and what was read from it already, which the server is to read
 */
export function handOverTo(server: Server): (socket: Socket, bytes: Buffer) => void {
  return (socket, bytes) => {
    // Nothing may be read, and nothing told of what was, until the server listens to it.
    socket.pause();
    socket.unshift(bytes);
    server.emit('connection', socket);
    socket.resume();
  };
}
