import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { refuse, ThemisError, type Peer, type Refusal, type Verdict } from '@themis-mesh/core';
import { encodeAnswer } from './answer.ts';
import { Channel, DRAIN_AT } from './channel.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { judge, judgeAgain, type Authenticator, type Authorizer } from './judge.ts';
import { requireSafeEnvironment } from './environment.ts';
import { DEFAULT_LIMITS, HandshakeCount, type ListenerLimits } from './limits.ts';
import { presentedChain } from './presented-chain.ts';
import { agreedProtocol, hasAnswer, type Protocol } from './protocols.ts';
import { refusalResponse } from './refusal-response.ts';
import { secureContextOptions } from './tls-profile.ts';

export interface ListenerOptions {
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  /** Who may connect. {@link anyAuthenticatedPeer} leaves that to whoever reads the requests. */
  readonly authorize: Authorizer;
  /** What is spoken here, the preferred first. */
  readonly protocols: readonly Protocol[];
  /** Takes a channel. The socket has not been read from; nothing else will read it. */
  readonly onChannel: (channel: Channel) => void;
  /** Hears of everybody who was turned away. */
  readonly onRefused?: (refused: RefusedConnection) => void;
  readonly limits?: Partial<ListenerLimits>;
  readonly clock?: Clock;
}

export interface RefusedConnection {
  readonly refusal: Refusal;
  /** Its address, for a log. */
  readonly remote: string;
}

/** How long a refused connection has to read why. */
const FAREWELL_MS = 1000;

/** The accepting end of channels: proves and admits every peer before anything that it sent is read. */
export class ChannelListener {
  readonly #options: ListenerOptions;
  readonly #clock: Clock;
  readonly #limits: ListenerLimits;
  readonly #handshakes: HandshakeCount;
  readonly #ends = new Map<string, () => void>();
  readonly #net: Server;
  readonly #tls: TlsServer;
  readonly #channels = new Set<Channel>();
  readonly #farewells = new Set<TLSSocket>();
  readonly #unsubscribe: () => void;
  #own: Credentials;

  constructor(options: ListenerOptions) {
    requireSafeEnvironment();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#handshakes = new HandshakeCount(this.#limits);
    this.#own = options.credentials.current;
    this.#tls = createTlsServer({
      ALPNProtocols: [...options.protocols],
      requestCert: true,
      // The chain is judged by our own verifier as soon as the handshake is done; no store of roots knows these certificates.
      rejectUnauthorized: false,
      handshakeTimeout: this.#limits.handshakeTimeout,
      ...secureContextOptions(this.#own),
    });
    this.#tls.on('secureConnection', (socket) => {
      this.#accept(socket);
    });
    this.#net = createServer({ noDelay: true }, (socket) => {
      this.#begin(socket);
    });
    this.#unsubscribe = options.credentials.onChange((own) => {
      this.#own = own;
      this.#tls.setSecureContext(secureContextOptions(own));
    });
  }

  /** The open channels. */
  get channels(): ReadonlySet<Channel> {
    return this.#channels;
  }

  /** Where it listens; undefined before {@link listen}, and after {@link close}. */
  get address(): AddressInfo | undefined {
    const address = this.#net.address();
    return typeof address === 'object' && address !== null ? address : undefined;
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
        // Running out of descriptors is reported here; the listener goes on when some are free again.
        this.#net.on('error', () => undefined);
        resolve(this.#net.address() as AddressInfo);
      });
    });
  }

  /** Judges every open channel again, by what is believed now. To be called when a charter, a history or a policy has changed. */
  judgeAgain(): void {
    const { authenticator, authorize } = this.#options;
    const again = judgeAgain(authenticator, authorize, this.#seconds());
    for (const channel of this.#channels) channel.judgeAgain(again);
  }

  /** Takes no more connections and drains those that are open; resolves when all are closed. */
  async close(): Promise<void> {
    this.#unsubscribe();
    const closed = new Promise<void>((resolve) => {
      this.#net.close(() => {
        resolve();
      });
    });
    for (const channel of this.#channels) channel.drain();
    for (const socket of this.#farewells) socket.destroy();
    await closed;
  }

  /** Ends every open channel at once. */
  cut(): void {
    for (const channel of this.#channels) channel.cut({ code: 'closing', detail: 'the listener is closed' });
  }

  #begin(socket: Socket): void {
    const end = this.#handshakes.begin(socket.remoteAddress ?? '');
    if (end === undefined || this.#channels.size >= this.#limits.channels) {
      end?.();
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const remote = remoteOf(socket);
    this.#ends.set(remote, end);
    socket.once('close', () => {
      end();
      if (this.#ends.get(remote) === end) this.#ends.delete(remote);
    });
    this.#tls.emit('connection', socket);
  }

  #accept(socket: TLSSocket): void {
    // Before anything else: an error without a listener would end the process.
    socket.on('error', () => undefined);
    this.#ends.get(remoteOf(socket))?.();
    const own = this.#own;
    const protocol = agreedProtocol(socket.alpnProtocol, this.#options.protocols);
    const verdict = this.#prove(socket, protocol);
    if (!verdict.ok) {
      this.#refuse(socket, protocol, verdict.refusal);
      return;
    }
    // #prove refuses where no protocol was agreed.
    this.#open(socket, verdict.value, protocol as Protocol, own);
  }

  #prove(socket: TLSSocket, protocol: Protocol | undefined): Verdict<Peer> {
    if (socket.isSessionReused()) return refuse('session-resumed', 'by the dialler');
    if (protocol === undefined) return refuse('protocol-unknown', String(socket.alpnProtocol));
    const { authenticator, authorize } = this.#options;
    return judge(authenticator.authenticate(presentedChain(socket), this.#seconds()), authorize);
  }

  #open(socket: TLSSocket, peer: Peer, protocol: Protocol, own: Credentials): void {
    const channel = new Channel({
      socket,
      peer,
      protocol,
      ownSerial: own.serial,
      ownNotAfter: own.notAfter,
      drainAt: DRAIN_AT.accepter,
      clock: this.#clock,
    });
    this.#channels.add(channel);
    channel.onState((state) => {
      if (state.is === 'closed') this.#channels.delete(channel);
      if (state.is === 'closed' && state.because !== undefined) this.#tell(socket, state.because);
    });
    if (hasAnswer(protocol)) socket.write(encodeAnswer(this.#clock.now()));
    this.#options.onChannel(channel);
  }

  #refuse(socket: TLSSocket, protocol: Protocol | undefined, refusal: Refusal): void {
    this.#tell(socket, refusal);
    const farewell =
      protocol !== undefined && hasAnswer(protocol)
        ? encodeAnswer(this.#clock.now(), refusal.code)
        : refusalResponse(refusal.code);
    this.#farewells.add(socket);
    const callOff = this.#clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', () => {
      callOff();
      this.#farewells.delete(socket);
    });
    // What the other side sends is thrown away, so that its end is seen and ours is not lost to a reset.
    socket.resume();
    socket.end(farewell);
  }

  #tell(socket: TLSSocket, refusal: Refusal): void {
    this.#options.onRefused?.({ refusal, remote: remoteOf(socket) });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

/** For who judges each request by itself, or serves whoever can prove who he is. */
export const anyAuthenticatedPeer: Authorizer = () => undefined;

/** Names a connection among those that a listener has open. */
function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
}
