import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { secureContextOptions, type Credentials } from '@themis-mesh/channel';
import type { Address } from '@themis-mesh/core';

/** A TLS client, and in how many pieces it sent what it sent. */
export interface OneFlight {
  readonly socket: TLSSocket;
  readonly flights: readonly Buffer[];
}

/**
 * Connects as a client that does not wait to be accepted: its request leaves in one piece with its certificate and its
 * Finished, as the second and last flight that it sends.
 */
export function sendInOneFlight(address: Address, credentials: Credentials, protocol: string, request: string): OneFlight {
  const flights: Buffer[] = [];
  const tcp = connectTcp({ ...address, noDelay: true });
  const socket = connect({
    socket: new Corked(tcp, flights),
    rejectUnauthorized: false,
    ALPNProtocols: [protocol],
    ...secureContextOptions(credentials),
  });
  socket.on('error', () => undefined);
  // Written before the handshake is done: TLS sends it as soon as it may.
  socket.write(request);
  return { socket, flights };
}

/** Passes on all that was written in one turn of the event loop as one piece. */
class Corked extends Duplex {
  readonly #tcp: Socket;
  readonly #flights: Buffer[];
  #pieces: Buffer[] = [];

  constructor(tcp: Socket, flights: Buffer[]) {
    super();
    this.#tcp = tcp;
    this.#flights = flights;
    tcp.on('data', (bytes: Buffer) => this.push(bytes));
    tcp.on('end', () => this.push(null));
    tcp.on('error', (error) => this.destroy(error));
    tcp.on('close', () => this.destroy());
  }

  override _read(): void {
    // What comes is pushed as it comes.
  }

  override _write(piece: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.#pieces.length === 0) setImmediate(() => this.#flush());
    this.#pieces.push(piece);
    done();
  }

  override _final(done: () => void): void {
    this.#flush();
    this.#tcp.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#tcp.destroy();
    done(error);
  }

  #flush(): void {
    if (this.#pieces.length === 0 || !this.#tcp.writable) return;
    const flight = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#flights.push(flight);
    this.#tcp.write(flight);
  }
}
