/**
 * Holds connections that say nothing, in a process of its own, and says on each line of its input how many bytes it takes.
 *
 *     serve               answers each byte; prints its port
 *     dial PORT COUNT     opens connections, each of which has sent a byte and had one back; prints `open`
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const [what, port, count] = process.argv.slice(2);
/** How many are being opened at a time. */
const AT_ONCE = 64;
const open = new Set<Socket>();

if (what === 'serve') {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('data', (bytes) => socket.write(bytes));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
} else {
  let left = Number(count);
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
      open.add(socket);
      socket.on('close', () => process.send?.('lost'));
      socket.write('x');
      await once(socket, 'data');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  process.send?.('open');
}
process.on('disconnect', () => process.exit());
