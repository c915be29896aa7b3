import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import type { Channel } from '@themis-mesh/channel';

/** What a request or an answer on a virtual socket asks of its exchange. */
export interface SocketOwner {
  readonly channel: Channel;
  /** The request's body is wanted. */
  onWanted(): void;
  /** Whoever has the socket ends it before the exchange is over. */
  onDestroyed(error: Error | undefined): void;
}

/**
 * What `req.socket` and `res.socket` are for a request that came over a tunnel, which has no socket of its own: as much of
 * `tls.TLSSocket` as Node's HTTP classes and the frameworks on them use. Nothing can be written to it past the answer.
 */
export class VirtualSocket extends EventEmitter {
  readonly encrypted = true;
  /** What Node's own classes read of a socket. */
  readonly readableHighWaterMark = 65_536;
  readonly writableHighWaterMark = 65_536;
  readonly writableLength = 0;
  readonly _writableState: { corked: number } = { corked: 0 };
  writableCorked = 0;
  destroyed = false;
  readable = true;
  writable = true;
  timeout = 0;
  readonly #owner: SocketOwner;
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: SocketOwner) {
    super();
    this.#owner = owner;
  }

  get authorized(): boolean {
    // Never to be relied on: who is there is `req.peer`.
    return false;
  }

  get alpnProtocol(): string {
    return this.#owner.channel.protocol;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  get localFamily(): string | undefined {
    return this.#socket.localFamily;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  get readyState(): string {
    return this.destroyed ? 'closed' : 'open';
  }

  address(): object {
    return this.#socket.address();
  }

  getPeerX509Certificate(): ReturnType<TLSSocket['getPeerX509Certificate']> {
    return this.#socket.getPeerX509Certificate();
  }

  getProtocol(): string | null {
    return this.#socket.getProtocol();
  }

  getCipher(): ReturnType<TLSSocket['getCipher']> {
    return this.#socket.getCipher();
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.close();
    this.#owner.onDestroyed(error);
    process.nextTick(() => this.emit('close', error !== undefined));
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  /** Marks it as closed, and says nothing. */
  close(): void {
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    clearTimeout(this.#timer);
  }

  setTimeout(milliseconds: number, onTimeout?: () => void): this {
    clearTimeout(this.#timer);
    this.timeout = milliseconds;
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    this.refresh();
    return this;
  }

  /** Something moved: the wait for a timeout begins anew. */
  refresh(): void {
    if (this.timeout <= 0 || this.destroyed) return;
    if (this.#timer !== undefined) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.emit('timeout'), this.timeout).unref();
  }

  resume(): this {
    this.#owner.onWanted();
    return this;
  }

  pause(): this {
    return this;
  }

  isPaused(): boolean {
    return false;
  }

  cork(): void {
    this.writableCorked += 1;
  }

  uncork(): void {
    this.writableCorked = 0;
  }

  /** Bytes past the answer have no place in a tunnel. */
  write(): boolean {
    this.destroy(new TypeError('a request on a tunnel is answered by its response, not by its socket'));
    return false;
  }

  end(): this {
    return this.destroy();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  get #socket(): TLSSocket {
    return this.#owner.channel.socket;
  }
}
