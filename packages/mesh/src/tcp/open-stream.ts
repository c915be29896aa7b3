import type { TargetName } from '@themis-mesh/core';
import type { ByteStream, StreamReceiver, Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { Target } from '../find/balancer.ts';
import type { Dialer } from '../find/dialer.ts';
import { mayDialAgain, type Again, type Errand, type Errands } from '../find/errands.ts';
import type { TunnelPool } from '../tunnels/tunnel-pool.ts';
import { OutgoingStream } from './outgoing-stream.ts';

/** The ways that a stream may go to an instance. */
export interface StreamWays {
  readonly tunnels: TunnelPool;
  /** For instances that have no tunnels. */
  readonly dialer: Dialer;
}

/** A stream that is asked for. */
export interface StreamWish {
  readonly service: TargetName;
  readonly receiver: StreamReceiver;
  readonly open: OpenRequest;
  /** Ends the waiting for an instance. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a stream of raw bytes to an instance of a service; at another one where an instance took nothing of it.
 *
 * @returns resolves when it is open at an instance, not when the program behind that has taken it
 * @throws ThemisError as `dial` does, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`; the signal's reason
 */
export function openStream(errands: Errands, ways: StreamWays, wish: StreamWish): Promise<ByteStream> {
  const errand = new StreamErrand(ways, wish);
  errands.run(errand).catch((error: unknown) => errand.stream.fail(error));
  return errand.stream.begun;
}

class StreamErrand implements Errand<void> {
  readonly protocol = 'themis-tcp/1';
  readonly service: TargetName;
  readonly signal: AbortSignal | undefined;
  readonly stream: OutgoingStream;
  readonly #ways: StreamWays;
  readonly #open: OpenRequest;

  constructor(ways: StreamWays, { service, receiver, open, signal }: StreamWish) {
    this.service = service;
    this.signal = signal;
    this.stream = new OutgoingStream(service, open, receiver);
    this.#ways = ways;
    this.#open = open;
  }

  async run(target: Target): Promise<void> {
    this.#open.tryAt(target.instance, target.endpoint.port);
    if (!target.hasTunnel) return this.#runAlone(target);
    const tunnel = await this.#tunnelTo(target);
    return this.stream.beginOn(tunnel);
  }

  again(error: unknown): Again {
    const { turnedAway } = this.stream;
    // The tunnel was closing, or full: the same instance may have another one. Behind an unreachable program it is of no use.
    if (turnedAway !== undefined) return turnedAway === 'refused' ? 'anywhere' : 'elsewhere';
    return mayDialAgain(error) ? 'elsewhere' : 'nowhere';
  }

  whenOver(_: void, done: () => void): void {
    this.stream.whenOver(done);
  }

  async #tunnelTo(target: Target): Promise<Tunnel> {
    for (;;) {
      const tunnel = await this.#ways.tunnels.tunnelTo(this.service, target, this.signal);
      this.signal?.throwIfAborted();
      // Others may have waited for the same one.
      if (tunnel.hasRoom) return tunnel;
    }
  }

  async #runAlone(target: Target): Promise<void> {
    const { dialer } = this.#ways;
    while (!dialer.turns.hasPlace(target.key)) await dialer.turns.sleep(target.key, this.signal);
    this.stream.beginAlone(await dialer.dial(this.service, 'themis-tcp/1', target, this.signal));
  }
}
