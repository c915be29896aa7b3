import type { Socket } from 'node:net';
import type { Credentials } from './credentials.ts';
import type { ListenerLimits } from './limits.ts';
import { networkOf } from './network.ts';

/** A connection whose peer is not admitted: in its handshake, or refused and reading why. */
export interface Stranger {
  is: 'in-handshake' | 'refused';
  /** The TCP connection below TLS. */
  readonly socket: Socket;
  /** Its address and port: what it is found by. */
  readonly remote: string;
  readonly network: string;
  /** Our own leaf in its handshake, whichever has come since. */
  readonly own: Credentials;
}

/** @returns undefined for a connection that has ended already */
export function strangerOf(socket: Socket, own: Credentials): Stranger | undefined {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return undefined;
  return { is: 'in-handshake', socket, remote: remoteOf(socket), network: networkOf(remoteAddress), own };
}

/** Names a connection among those that a listener has open. */
export function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
}

/**
 * The strangers of a listener, the oldest first, up to the limits.
 *
 * Beyond them the oldest has to go and not the newest: a handshake takes milliseconds, so that the oldest of hundreds is
 * one that is drawn out on purpose, and those who mean well still get in.
 */
export class Strangers implements Iterable<Stranger> {
  readonly #limits: ListenerLimits;
  // A Map and a Set keep the order of insertion.
  readonly #all = new Map<string, Stranger>();
  readonly #byNetwork = new Map<string, Set<Stranger>>();

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Stranger> {
    return this.#all.values();
  }

  find(remote: string): Stranger | undefined {
    return this.#all.get(remote);
  }

  /** @returns the one that has to go, if any; the caller removes it */
  add(stranger: Stranger): Stranger | undefined {
    const { remote, network } = stranger;
    const predecessor = this.#all.get(remote);
    if (predecessor !== undefined) this.remove(predecessor);
    const neighbours = this.#byNetwork.get(network) ?? new Set();
    this.#all.set(remote, stranger);
    this.#byNetwork.set(network, neighbours.add(stranger));
    if (neighbours.size > this.#limits.handshakesPerNetwork) return first(neighbours);
    return this.#all.size > this.#limits.handshakes ? first(this) : undefined;
  }

  /** @returns whether it was still one of them */
  remove(stranger: Stranger): boolean {
    const { remote, network } = stranger;
    if (this.#all.get(remote) !== stranger) return false;
    this.#all.delete(remote);
    const neighbours = this.#byNetwork.get(network);
    neighbours?.delete(stranger);
    if (neighbours?.size === 0) this.#byNetwork.delete(network);
    return true;
  }
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
