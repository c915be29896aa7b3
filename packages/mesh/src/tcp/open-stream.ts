import type { TargetName, ThemisError } from '@themis-mesh/core';
import type { ByteStream, StreamReceiver, Tunnel } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { Target } from '../find/balancer.ts';
import type { Dialer } from '../find/dialer.ts';
import { mayDialAgain, type Again, type Errand, type Errands } from '../find/errands.ts';
import type { Attempt } from '../traffic/attempt.ts';
import type { CallTerms } from '../traffic/terms.ts';
import type { TunnelPool } from '../tunnels/tunnel-pool.ts';
import { TCP_LIMITS } from './limits.ts';
import { OutgoingStream, type TurnedAway } from './outgoing-stream.ts';

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
  /** Labels that an instance must carry. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/**
 * Opens a stream of raw bytes to an instance of a service; at another one where an instance took nothing of it.
 *
 * @returns resolves when it is open at an instance, not when the program behind that has taken it
 * @throws ThemisError as `dial` does, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`; the signal's reason
 */
export function openStream(errands: Errands, ways: StreamWays, wish: StreamWish): Promise<ByteStream> {
  return new StreamErrand(errands, ways, wish).start();
}

class StreamErrand implements Errand<void> {
  readonly protocol = 'themis-tcp/1';
  readonly service: TargetName;
  readonly signal: AbortSignal | undefined;
  readonly terms: CallTerms;
  readonly #errands: Errands;
  readonly #ways: StreamWays;
  readonly #open: OpenRequest;
  readonly #stream: OutgoingStream;
  /** Why an instance is not asked again, by the keys of their targets. */
  readonly #unreachable = new Map<string, ThemisError>();
  #target = '';
  #repeatsLeft = TCP_LIMITS.repeats;

  constructor(errands: Errands, ways: StreamWays, { service, receiver, open, signal, labels }: StreamWish) {
    this.service = service;
    this.signal = signal;
    this.terms = { labels };
    this.#errands = errands;
    this.#ways = ways;
    this.#open = open;
    this.#stream = new OutgoingStream(service, open, receiver);
    this.#stream.onTurnedAway = (how) => this.#beginAgain(how);
  }

  start(): Promise<ByteStream> {
    this.#run();
    return this.#stream.begun;
  }

  async run(target: Target, { signal }: Attempt): Promise<void> {
    const failure = this.#unreachable.get(target.key);
    if (failure !== undefined) throw failure;
    this.#target = target.key;
    this.#open.tryAt(target.instance, target.endpoint.port);
    if (!target.hasTunnel) return this.#runAlone(target, signal);
    this.#stream.beginOn(await this.#tunnelTo(target, signal));
  }

  again(error: unknown, target: Target): Again {
    return this.#unreachable.has(target.key) || mayDialAgain(error) ? 'elsewhere' : 'nowhere';
  }

  /** What is sent goes after it was begun, and then no error comes from here any more. */
  isUnsent(): boolean {
    return true;
  }

  whenOver(_: void, done: () => void): void {
    this.#stream.whenOver(done);
  }

  #run(): void {
    this.#errands.run(this).catch((error: unknown) => this.#stream.fail(error));
  }

  /**
   * Where a tunnel was closing, or full, the same instance may have another one; behind a program that is away it is of no use.
   */
  #beginAgain({ code, error }: TurnedAway): boolean {
    if (this.#repeatsLeft === 0 || this.signal?.aborted === true) return false;
    this.#repeatsLeft -= 1;
    if (code === 'unreachable') this.#unreachable.set(this.#target, error);
    this.#run();
    return true;
  }

  async #tunnelTo(target: Target, signal: AbortSignal | undefined): Promise<Tunnel> {
    for (;;) {
      const tunnel = await this.#ways.tunnels.tunnelTo(this.service, target, signal);
      signal?.throwIfAborted();
      // Others may have waited for the same one.
      if (tunnel.hasRoom) return tunnel;
    }
  }

  async #runAlone(target: Target, signal: AbortSignal | undefined): Promise<void> {
    const { dialer } = this.#ways;
    while (!dialer.turns.hasPlace(target.key)) await dialer.turns.sleep(target.key, signal);
    this.#stream.beginAlone(await dialer.dial(this.service, 'themis-tcp/1', target, signal));
  }
}
