import type { AddressInfo } from 'node:net';
import { ChannelListener, type Clock, type ListenerOptions } from '@themis-mesh/channel';
import type { Endpoint } from '@themis-mesh/core';
import type { Listen, Listening, ListenWish } from './listening.ts';
import type { Presence } from './presence.ts';

export interface ListenersOptions {
  /** Everything about a listener but what it speaks and who takes its channels. */
  readonly base: Omit<ListenerOptions, 'protocols' | 'onChannel' | 'clock'>;
  readonly presence: Presence;
  readonly clock: Clock;
  /** The host that others dial, where it is not the one listened on. */
  readonly advertise: string | undefined;
}

/** How long callers have to read that an instance is gone before its idle connections are closed. */
const LINGER_MS = 250;

/** How long what is under way has to end. */
const DRAIN_MS = 10_000;

/** The listeners of one process, each known to the directory for as long as it is open. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #open = new Set<{ readonly listener: ChannelListener; readonly listening: Listening }>();

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  readonly listen: Listen = async (wish) => {
    const { base, presence, clock } = this.#options;
    const listener = new ChannelListener({ ...base, clock, protocols: wish.protocols, onChannel: wish.onChannel });
    const address = await listener.listen(wish.port, wish.host);
    const endpoint = this.#endpointOf(address, wish);
    const close = async (): Promise<void> => {
      this.#open.delete(entry);
      await presence.remove(endpoint);
      await this.#drain(listener, wish);
    };
    const entry = { listener, listening: { address, close } };
    this.#open.add(entry);
    await presence.add(endpoint);
    return entry.listening;
  };

  /** Judges every open connection again. */
  judgeAgain(): void {
    for (const { listener } of this.#open) listener.judgeAgain();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(({ listening }) => listening.close()));
  }

  /** The directory has told callers by now; each answer from here on tells them too, and then what is idle may end. */
  async #drain(listener: ChannelListener, { closeIdle }: ListenWish): Promise<void> {
    const { clock } = this.#options;
    const callOffs = [
      clock.after(LINGER_MS, () => closeIdle?.()),
      clock.after(DRAIN_MS, () => {
        listener.cut();
      }),
    ];
    await listener.close();
    for (const callOff of callOffs) callOff();
  }

  #endpointOf(address: AddressInfo, { protocols }: ListenWish): Endpoint {
    return { host: this.#options.advertise ?? address.address, port: address.port, alpn: protocols };
  }
}

