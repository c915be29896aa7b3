import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { refuse, ThemisError, type Refusal } from '@themis-mesh/core';
import { systemClock, type Clock } from '../clock.ts';
import type { Credentials, CredentialSource } from '../credentials.ts';
import { requireSafeEnvironment } from '../environment.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { RefusedConnection } from '../listener.ts';
import { remoteOf, strangerOf, Strangers, type Stranger } from '../strangers.ts';
import { secureContextOptions } from '../tls-profile.ts';
import { DOOR_LIMITS, type DoorLimits } from './limits.ts';
import { VisitRate } from './visit-rate.ts';
import { receive, type Matter } from './visit.ts';

/** The ALPN name of what is spoken at a door. */
export const DOOR_PROTOCOL = 'themis-door/1';

export interface DoorOptions {
  /** Whose door it is: its leaf and identity certificate are what a visitor checks. */
  readonly credentials: CredentialSource;
  /** What may be asked here, by its name. */
  readonly matters: Readonly<Record<string, Matter>>;
  /** Hears of everybody to whom nothing was given. */
  readonly onTurnedAway?: (refused: RefusedConnection) => void;
  /** Hears of what a {@link Matter} threw. */
  readonly onFailure?: (error: unknown) => void;
  readonly limits?: Partial<DoorLimits>;
  readonly clock?: Clock;
}

/**
 * Where those who belong to no app yet can ask: TLS 1.3 in which the door alone proves who it is. Nothing that is asked here
 * is believed because of who asks; what is given is signed by itself, or no secret.
 */
export class Door implements AsyncDisposable {
  readonly #options: DoorOptions;
  readonly #clock: Clock;
  readonly #limits: DoorLimits;
  readonly #matters: ReadonlyMap<string, Matter>;
  readonly #strangers: Strangers;
  readonly #rate: VisitRate;
  readonly #net: Server;
  readonly #tls: TlsServer;
  readonly #unsubscribe: () => void;
  readonly #closing = new AbortController();
  /** Of each network, how many of its questions are being answered. */
  readonly #questions = new Map<string, number>();
  readonly #visits = new Set<Promise<void>>();
  #own: Credentials;

  constructor(options: DoorOptions) {
    requireSafeEnvironment();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...DOOR_LIMITS, ...options.limits };
    this.#matters = new Map(Object.entries(options.matters));
    const { strangers, strangersPerNetwork, handshakeMs, visitsPerMinute } = this.#limits;
    this.#strangers = new Strangers({ ...DEFAULT_LIMITS, handshakes: strangers, handshakesPerNetwork: strangersPerNetwork });
    this.#rate = new VisitRate(visitsPerMinute);
    this.#own = options.credentials.current;
    this.#tls = createTlsServer({
      ALPNProtocols: [DOOR_PROTOCOL],
      handshakeTimeout: handshakeMs,
      ...secureContextOptions(this.#own),
    });
    this.#tls.on('secureConnection', (socket) => this.#accept(socket));
    this.#tls.on('tlsClientError', (error, socket) => this.#fail(error, socket));
    this.#net = createServer({ noDelay: true }, (socket) => this.#begin(socket));
    this.#unsubscribe = options.credentials.onChange((own) => {
      this.#own = own;
      this.#tls.setSecureContext(secureContextOptions(own));
    });
  }

  /** How many are at the door whose question has not come yet, and how many wait for an answer. */
  get present(): { readonly strangers: number; readonly questions: number } {
    return { strangers: this.#strangers.size, questions: this.#asking };
  }

  /**
   * @param port 0 for any free one
   * @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID` for an address that is not of this machine
   */
  listen(port: number, host = '127.0.0.1'): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        const code = cause.code === 'EADDRINUSE' ? 'THEMIS_PORT_IN_USE' : 'THEMIS_CONFIG_INVALID';
        reject(new ThemisError(code, `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
      };
      this.#net.once('error', onError);
      this.#net.listen(port, host, () => {
        this.#net.off('error', onError);
        // Running out of descriptors is reported here; the door goes on when some are free again.
        this.#net.on('error', () => undefined);
        resolve(this.#net.address() as AddressInfo);
      });
    });
  }

  /** Takes nobody in any more, tells those who wait that it closes, and resolves when all have gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    const closed = new Promise<void>((resolve) => {
      this.#net.close(() => resolve());
    });
    for (const stranger of [...this.#strangers]) {
      this.#strangers.remove(stranger);
      stranger.socket.destroy();
    }
    this.#closing.abort();
    await Promise.all(this.#visits);
    await closed;
  }

  #begin(socket: Socket): void {
    // TLS takes over the errors of the socket when it takes over the socket.
    socket.on('error', () => undefined);
    const stranger = strangerOf(socket, this.#own);
    if (stranger === undefined || this.#closing.signal.aborted) {
      socket.destroy();
      return;
    }
    if (this.#rate.isTooMany(stranger.network, this.#clock.now())) {
      socket.destroy();
      this.#tell(stranger.remote, refuse('door-crowded', `${this.#limits.visitsPerMinute} a minute`).refusal);
      return;
    }
    const surplus = this.#strangers.add(stranger);
    if (surplus !== undefined) this.#drop(surplus, refuse('door-crowded', `${surplus.network}: the oldest`).refusal);
    socket.once('close', () => this.#drop(stranger, refuse('handshake-failed', 'closed by the peer').refusal));
    this.#tls.emit('connection', socket);
  }

  /** The handshake has failed. Node leaves the connection open. */
  #fail(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const code = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'handshake-timeout' : 'handshake-failed';
    const stranger = this.#strangers.find(remoteOf(socket));
    if (stranger !== undefined) this.#drop(stranger, refuse(code, error.code ?? error.message).refusal);
    socket.destroy();
  }

  #accept(socket: TLSSocket): void {
    // Before anything else: an error without a listener would end the process.
    socket.on('error', () => undefined);
    const stranger = this.#strangers.find(remoteOf(socket));
    if (stranger === undefined || socket.isSessionReused() || socket.alpnProtocol !== DOOR_PROTOCOL) {
      socket.destroy();
      return;
    }
    // It is still a stranger: what is told of it is told by its visit from now on.
    stranger.is = 'refused';
    const visit = this.#visit(socket, stranger).finally(() => this.#visits.delete(visit));
    this.#visits.add(visit);
  }

  async #visit(socket: TLSSocket, stranger: Stranger): Promise<void> {
    const { remote } = stranger;
    const [network, onFailure] = [stranger.network, this.#options.onFailure ?? (() => undefined)];
    let isCounted = false;
    try {
      const refusal = await receive(socket, {
        ...{ matters: this.#matters, limits: this.#limits, clock: this.#clock, remote, onFailure },
        closing: this.#closing.signal,
        hasRoom: () => {
          this.#strangers.remove(stranger);
          isCounted = this.#take(network);
          return isCounted;
        },
      });
      if (refusal !== undefined) this.#tell(remote, refusal);
    } catch (error) {
      onFailure(error);
    } finally {
      this.#strangers.remove(stranger);
      if (isCounted) this.#release(network);
      socket.destroy();
    }
  }

  get #asking(): number {
    return this.#questions.values().reduce((sum, count) => sum + count, 0);
  }

  #take(network: string): boolean {
    const mine = this.#questions.get(network) ?? 0;
    if (mine >= this.#limits.questionsPerNetwork || this.#asking >= this.#limits.questions) return false;
    this.#questions.set(network, mine + 1);
    return true;
  }

  #release(network: string): void {
    const left = (this.#questions.get(network) ?? 1) - 1;
    if (left > 0) this.#questions.set(network, left);
    else this.#questions.delete(network);
  }

  /** Ends a connection that has asked nothing yet. */
  #drop(stranger: Stranger, refusal: Refusal): void {
    if (!this.#strangers.remove(stranger)) return;
    stranger.socket.destroy();
    if (stranger.is === 'in-handshake') this.#tell(stranger.remote, refusal);
  }

  #tell(remote: string, refusal: Refusal): void {
    this.#options.onTurnedAway?.({ refusal, remote });
  }
}

/** Opens a door. @throws ThemisError as {@link Door.listen} does, and `THEMIS_TLS_UNSAFE` */
export async function openDoor(
  options: DoorOptions & { readonly port: number; readonly host?: string | undefined },
): Promise<{ readonly door: Door; readonly address: AddressInfo }> {
  const door = new Door(options);
  return { door, address: await door.listen(options.port, options.host) };
}
