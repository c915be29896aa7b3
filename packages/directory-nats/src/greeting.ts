import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Waits for the first word of a server, on a connection that is made for this alone.
 *
 * The client forgets a connection on which a server says nothing, and leaves it open: one for each attempt, for as long as a
 * server hangs.
 *
 * @throws where there is none in time
 */
export async function hearGreeting(server: string, timeoutMs: number): Promise<void> {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = connect({ host, port: port === '' ? DEFAULT_PORT : Number(port) });
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError';
    throw isLate ? new Error(`${server} says nothing`) : new Error(`${server} cannot be reached`, { cause: error });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

const DEFAULT_PORT = 4222;
