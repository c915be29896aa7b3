import type { TLSSocket } from 'node:tls';
import type { Peer, Refusal } from '@themis-mesh/core';
import type { Clock } from './clock.ts';
import type { Protocol } from './protocols.ts';
import { runAt } from './wall-timer.ts';

/**
 * `open` takes new requests; `draining` ends those that it has; `closed` has ended, and says why where it was cut.
 */
export type ChannelState =
  { readonly is: 'open' } | { readonly is: 'draining' } | { readonly is: 'closed'; readonly because: Refusal | undefined };

export interface ChannelParts {
  readonly socket: TLSSocket;
  readonly peer: Peer;
  readonly protocol: Protocol;
  /** The serial number of our own leaf, as it was in the handshake. */
  readonly ownSerial: string;
  /** When our own leaf ends. Seconds since 1970. */
  readonly ownNotAfter: number;
  /** After which part of its life it drains: the dialler before the accepter, so that no request meets a closing end. */
  readonly drainAt: number;
  readonly clock: Clock;
}

/** The part of a channel's life after which its dialler, and after which its accepter, sends nothing new on it. */
export const DRAIN_AT = { dialler: 0.8, accepter: 0.9 } as const;

/**
 * One mutual TLS connection between two verified instances. It lives no longer than the two leaves that it was made with.
 *
 *     open ── life nearly over, drain() ──▶ draining
 *     open, draining ── socket closes, leaf ends, peer refused ──▶ closed
 */
export class Channel {
  readonly socket: TLSSocket;
  readonly protocol: Protocol;
  readonly ownSerial: string;
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #ownNotAfter: number;
  readonly #drainAt: number;
  readonly #clock: Clock;
  #callOff: readonly (() => void)[] = [];
  #endsAt = Infinity;
  #peer: Peer;
  #state: ChannelState = { is: 'open' };

  constructor({ socket, peer, protocol, ownSerial, ownNotAfter, drainAt, clock }: ChannelParts) {
    this.socket = socket;
    this.protocol = protocol;
    this.ownSerial = ownSerial;
    this.#peer = peer;
    this.#ownNotAfter = ownNotAfter;
    this.#drainAt = drainAt;
    this.#clock = clock;
    this.#endBy(peer.goodUntil);
    socket.once('close', () => {
      this.#close(undefined);
    });
    // A socket without this listener would end the process on the peer's reset.
    socket.on('error', () => undefined);
    // It may have ended between its handshake and here, and then says so no more.
    if (socket.destroyed) this.#close(undefined);
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** When it is cut, at the latest. Milliseconds since 1970. */
  get endsAt(): number {
    return this.#endsAt;
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** The key exchange group, where this Node tells it (a dialler, from Node 26 on); undefined elsewhere. */
  get group(): string | undefined {
    const info = this.socket.getEphemeralKeyInfo();
    return info !== null && 'name' in info ? info.name : undefined;
  }

  /** @returns a function that ends the subscription */
  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether what comes on it may be taken. It looks at the clock, because timers are late where the process was paused. */
  isUsable(): boolean {
    if (this.#clock.now() >= this.#endsAt) this.#expire();
    return this.#state.is !== 'closed';
  }

  /** Takes nothing new. Whoever speaks the protocol on it ends it after its last answer. */
  drain(): void {
    if (this.#state.is === 'open') this.#enter({ is: 'draining' });
  }

  /** Ends it at once, with whatever is on it. @param because the refusal of the peer, where that is the reason */
  cut(because?: Refusal): void {
    if (this.#state.is === 'closed') return;
    this.socket.destroy();
    this.#close(because);
  }

  /** Holds the peer against what is believed now: keeps what is new about it, or cuts the channel. */
  judgeAgain(judge: (peer: Peer) => { readonly peer: Peer } | { readonly refusal: Refusal }): void {
    if (this.#state.is === 'closed') return;
    const judged = judge(this.#peer);
    if ('refusal' in judged) {
      this.cut(judged.refusal);
      return;
    }
    this.#peer = judged.peer;
    this.#endBy(judged.peer.goodUntil);
  }

  /**
   * Plans its end. News may bring that nearer, as a rotation does that leaves little grace, or put it off, as a charter does
   * that confirms a newcomer's membership; never beyond the leaves.
   */
  #endBy(goodUntil: number): void {
    const endsAt = Math.min(this.#ownNotAfter, goodUntil) * 1000;
    if (endsAt === this.#endsAt) return;
    this.#endsAt = endsAt;
    for (const callOff of this.#callOff) callOff();
    const now = this.#clock.now();
    this.#callOff = [
      runAt(this.#clock, now + (endsAt - now) * this.#drainAt, () => {
        this.drain();
      }),
      runAt(this.#clock, endsAt, () => {
        this.#expire();
      }),
    ];
  }

  #expire(): void {
    this.cut({ code: 'leaf-ended', detail: `at ${this.#endsAt / 1000}` });
  }

  #close(because: Refusal | undefined): void {
    if (this.#state.is === 'closed') return;
    for (const callOff of this.#callOff) callOff();
    this.#enter({ is: 'closed', because });
    this.#listeners.clear();
  }

  #enter(state: ChannelState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (error) {
        // It must not keep the others from hearing, or the next channel from being judged.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
