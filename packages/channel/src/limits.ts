/** What strangers may take of a listener before they have proved who they are, and all together afterwards. */
export interface ListenerLimits {
  /** Handshakes at one time. Default 512. */
  readonly handshakes: number;
  /** Handshakes at one time from one IPv4 /24 or IPv6 /48 network. Default 256. */
  readonly handshakesPerNetwork: number;
  /** Until a handshake is done. Milliseconds. Default 5000. */
  readonly handshakeTimeout: number;
  /** Open channels. Default 10,000. */
  readonly channels: number;
}

export const DEFAULT_LIMITS: ListenerLimits = Object.freeze({
  handshakes: 512,
  handshakesPerNetwork: 256,
  handshakeTimeout: 5000,
  channels: 10_000,
});

/** Counts the handshakes that are under way. */
export class HandshakeCount {
  readonly #limits: ListenerLimits;
  readonly #byNetwork = new Map<string, number>();
  #total = 0;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  /** @returns a function to call once when the handshake is over, or undefined where there are too many already */
  begin(remote: string): (() => void) | undefined {
    const network = networkOf(remote);
    const count = this.#byNetwork.get(network) ?? 0;
    if (this.#total >= this.#limits.handshakes || count >= this.#limits.handshakesPerNetwork) return undefined;
    this.#total += 1;
    this.#byNetwork.set(network, count + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#total -= 1;
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left === 0) this.#byNetwork.delete(network);
      else this.#byNetwork.set(network, left);
    };
  }
}

function networkOf(remote: string): string {
  const address = remote.replace(/^::ffff:(?=\d+\.)/, '');
  return address.includes(':') ? address.split(':').slice(0, 3).join(':') : address.split('.').slice(0, 3).join('.');
}
