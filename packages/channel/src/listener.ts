import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { refuse, ThemisError, type Peer, type Refusal, type RefusalCode, type Verdict } from '@themis-mesh/core';
import { encodeAnswer } from './answer.ts';
import { Channel, DRAIN_AT } from './channel.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { judge, judgeAgain, type Authenticator, type Authorizer } from './judge.ts';
import { requireSafeEnvironment } from './environment.ts';
import { DEFAULT_LIMITS, type ListenerLimits } from './limits.ts';
import { PeerCounts } from './peer-counts.ts';
import { presentedChain } from './presented-chain.ts';
import { agreedProtocol, hasAnswer, type Protocol } from './protocols.ts';
import { refusalGoaway, refusalResponse } from './refusal-response.ts';
import { remoteOf, strangerOf, Strangers, type Stranger } from './strangers.ts';
import { KEEP_ALIVE_MS, secureContextOptions } from './tls-profile.ts';

export interface ListenerOptions {
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  /** Who may connect. {@link anyAuthenticatedPeer} leaves that to whoever reads the requests. */
  readonly authorize: Authorizer;
  /** What is spoken here, the preferred first. */
  readonly protocols: readonly Protocol[];
  /** Takes a channel. The socket has not been read from; nothing else will read it. */
  readonly onChannel: (channel: Channel) => void;
  /** Hears of everybody who was turned away, in the handshake or after it, and of every channel whose right has ended. */
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
  readonly #strangers: Strangers;
  readonly #net: Server;
  readonly #tls: TlsServer;
  readonly #channels = new Set<Channel>();
  readonly #counts = new PeerCounts();
  readonly #unsubscribe: () => void;
  #own: Credentials;

  constructor(options: ListenerOptions) {
    requireSafeEnvironment();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#strangers = new Strangers(this.#limits);
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
    this.#tls.on('tlsClientError', (error, socket) => {
      this.#fail(error, socket);
    });
    this.#net = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
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

  /** How many connections are not admitted: in their handshake, or reading why they were refused. */
  get waiting(): number {
    return this.#strangers.size;
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

  /** Takes no more connections, drops those that are not admitted yet, and drains the channels; resolves when all are closed. */
  async close(): Promise<void> {
    this.#unsubscribe();
    const closed = new Promise<void>((resolve) => {
      this.#net.close(() => {
        resolve();
      });
    });
    for (const stranger of [...this.#strangers]) {
      this.#strangers.remove(stranger);
      stranger.socket.destroy();
    }
    for (const channel of this.#channels) channel.drain();
    await closed;
  }

  /** Ends every open channel at once. */
  cut(): void {
    for (const channel of this.#channels) channel.cut();
  }

  #begin(socket: Socket): void {
    // TLS takes over the errors of the socket when it takes over the socket.
    socket.on('error', () => undefined);
    const stranger = strangerOf(socket, this.#own);
    if (stranger === undefined) {
      socket.destroy();
      return;
    }
    const surplus = this.#strangers.add(stranger);
    if (surplus !== undefined) this.#drop(surplus, refuse('handshakes-crowded', surplus.network).refusal);
    socket.once('close', () => {
      this.#drop(stranger, refuse('handshake-failed', 'closed by the peer').refusal);
    });
    if (this.#isFull) this.#drop(stranger, fullness(this.#limits.channels, 'in all'));
    else this.#tls.emit('connection', socket);
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
    if (stranger === undefined) {
      socket.destroy();
      return;
    }
    const protocol = agreedProtocol(socket.alpnProtocol, this.#options.protocols);
    const verdict = this.#prove(socket, protocol);
    if (!verdict.ok) this.#refuse(stranger, socket, protocol, verdict.refusal);
    else {
      const full = this.#fullFor(verdict.value);
      if (full !== undefined) this.#drop(stranger, full);
      // #prove refuses where no protocol was agreed.
      else this.#admit(stranger, socket, verdict.value, protocol as Protocol);
    }
  }

  #prove(socket: TLSSocket, protocol: Protocol | undefined): Verdict<Peer> {
    if (socket.isSessionReused()) return refuse('session-resumed', 'by the dialler');
    if (protocol === undefined) return refuse('protocol-unknown', String(socket.alpnProtocol));
    const { authenticator, authorize } = this.#options;
    return judge(() => authenticator.authenticate(presentedChain(socket), this.#seconds()), authorize);
  }

  #admit(stranger: Stranger, socket: TLSSocket, peer: Peer, protocol: Protocol): void {
    const { own, remote } = stranger;
    this.#strangers.remove(stranger);
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
    this.#counts.add(peer.id);
    channel.onState((state) => {
      if (state.is !== 'closed') return;
      this.#channels.delete(channel);
      this.#counts.remove(peer.id);
      if (state.because !== undefined) this.#tell(remote, state.because);
    });
    this.#handOver(channel);
  }

  /** Says that the peer is accepted, where the protocol has words for that, and lets go of the socket. */
  #handOver(channel: Channel): void {
    const { socket, protocol } = channel;
    const { onChannel } = this.#options;
    if (!hasAnswer(protocol)) onChannel(channel);
    else if (protocol !== 'themis-h2/1') {
      socket.write(encodeAnswer(this.#clock.now()));
      onChannel(channel);
    } else {
      // node:http2 writes below the socket, and a write of ours that is still under way there would end the process
      // ("Assertion failed: !current_write_", Node 24 and 26).
      socket.write(encodeAnswer(this.#clock.now()), () => {
        if (channel.state.is !== 'closed') onChannel(channel);
      });
    }
  }

  #refuse(stranger: Stranger, socket: TLSSocket, protocol: Protocol | undefined, refusal: Refusal): void {
    stranger.is = 'refused';
    const callOff = this.#clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', callOff);
    // What the other side sends is thrown away, so that its end is seen and ours is not lost to a reset.
    socket.resume();
    socket.end(this.#farewell(protocol, refusal.code));
    this.#tell(stranger.remote, refusal);
  }

  /** How a protocol tells a refusal. */
  #farewell(protocol: Protocol | undefined, code: RefusalCode): Buffer {
    if (protocol === 'h2') return refusalGoaway(code);
    if (protocol === undefined || !hasAnswer(protocol)) return refusalResponse(code);
    return encodeAnswer(this.#clock.now(), code);
  }

  /** Ends a connection that is not admitted. */
  #drop(stranger: Stranger, refusal: Refusal): void {
    if (!this.#strangers.remove(stranger)) return;
    stranger.socket.destroy();
    if (stranger.is === 'in-handshake') this.#tell(stranger.remote, refusal);
  }

  get #isFull(): boolean {
    return this.#channels.size >= this.#limits.channels;
  }

  #fullFor({ id }: Peer): Refusal | undefined {
    const { channels, channelsPerPeer } = this.#limits;
    if (this.#isFull) return fullness(channels, 'in all');
    return this.#counts.of(id) >= channelsPerPeer ? fullness(channelsPerPeer, `with ${id}`) : undefined;
  }

  #tell(remote: string, refusal: Refusal): void {
    this.#options.onRefused?.({ refusal, remote });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function fullness(limit: number, whose: string): Refusal {
  return refuse('channels-exceeded', `${limit} ${whose}`).refusal;
}

/** For who judges each request by itself, or serves whoever can prove who he is. */
export const anyAuthenticatedPeer: Authorizer = () => undefined;
