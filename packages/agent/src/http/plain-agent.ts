import { Agent, type ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * How long an unused connection is kept. Programs close theirs after 2 seconds and more; a connection that both ends may
 * close at one time would lose a request that cannot be sent again.
 */
const IDLE_MS = 1000;

/** Node's own pool of HTTP/1.1 connections, which lets go of a connection on which something comes that nobody asked for. */
export class PlainAgent extends Agent {
  readonly #guards = new WeakMap<Duplex, () => void>();

  constructor() {
    super({ keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS, maxFreeSockets: 64 });
  }

  /**
   * An answer that comes before its request would be taken for that of the next one (response queue poisoning,
   * CVE-2026-48931).
   */
  override keepSocketAlive(socket: Duplex): boolean {
    const isKept = super.keepSocketAlive(socket) as unknown as boolean;
    const guard = (): void => {
      socket.destroy();
    };
    this.#guards.set(socket, guard);
    socket.on('data', guard);
    return isKept;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    const guard = this.#guards.get(socket);
    if (guard !== undefined) socket.off('data', guard);
    super.reuseSocket(socket, request);
  }
}
