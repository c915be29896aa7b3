import type { AddressInfo } from 'node:net';
import {
  ChannelListener,
  type Authorizer,
  type Channel,
  type Clock,
  type ListenerOptions,
  type Protocol,
} from '@themis-mesh/channel';
import { isDialableHost, ThemisError, type Endpoint, type Peer } from '@themis-mesh/core';
import type { Listen, Listening, ListenWish } from './listening.ts';
import type { Presence } from './presence.ts';
import { Repeat } from './repeat.ts';

export interface ListenersOptions {
  /** Everything about a listener but what it speaks and who takes its channels. */
  readonly base: Omit<ListenerOptions, 'protocols' | 'onChannel' | 'clock'>;
  /** In the place of the base's `authorize`, where a listener carries raw streams alone. */
  readonly authorizeStream: (peer: Peer, port: number | undefined) => ReturnType<Authorizer>;
  readonly presence: Presence;
  readonly clock: Clock;
  /** The host that others dial, where it is not the one listened on. */
  readonly advertise: string | undefined;
  /** Hears of each channel that is opened. */
  readonly onOpen?: ((channel: Channel) => void) | undefined;
}

/** How long callers have to read that an instance is gone before its idle connections are closed, and how often they are. */
const LINGER_MS = 250;

/** How long what is under way has to end. */
const DRAIN_MS = 10_000;

/** What a listener knows of itself while it is open. */
interface Stage {
  isClosing: boolean;
  port: number | undefined;
}

/** What a listener of raw streams speaks; where tunnels lead to HTTP, its own protocols are spoken beside. */
const OF_STREAMS: ReadonlySet<Protocol> = new Set<Protocol>(['themis/1', 'themis-tcp/1']);

interface Open {
  readonly listener: ChannelListener;
  readonly listening: Listening;
}

/** The listeners of one process, each known to the directory for as long as it is open. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #open = new Set<Open>();
  #isClosed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  readonly listen: Listen = async (wish) => {
    if (this.#isClosed) throw new ThemisError('THEMIS_CLOSED', 'the mesh, asked to listen');
    const stage: Stage = { isClosing: false, port: undefined };
    const listener = this.#makeListener(wish, stage);
    const address = await listener.listen(wish.port, wish.host);
    stage.port = address.port;
    const endpoint = this.#endpointOf(address, wish);
    if (this.#isClosed || endpoint === undefined) {
      await listener.close();
      throw endpoint === undefined ? undialable(address) : new ThemisError('THEMIS_CLOSED', 'the mesh, asked to listen');
    }
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      stage.isClosing = true;
      closing ??= this.#close(entry, endpoint, wish).then(resolve);
      return closing;
    };
    const entry: Open = { listener, listening: { address, closed, close } };
    this.#open.add(entry);
    await this.#options.presence.add(endpoint);
    return entry.listening;
  };

  /** The channels that are open. */
  get channels(): Iterable<Channel> {
    return [...this.#open].flatMap(({ listener }) => [...listener.channels]);
  }

  /** Judges every open connection again. */
  judgeAgain(): void {
    for (const { listener } of this.#open) listener.judgeAgain();
  }

  /** Closes all, and opens none any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map(({ listening }) => listening.close()));
  }

  #makeListener({ protocols, onChannel }: ListenWish, stage: Stage): ChannelListener {
    const { base, authorizeStream, clock, onOpen } = this.#options;
    const isOfStreams = protocols.every((protocol) => OF_STREAMS.has(protocol)) && protocols.includes('themis-tcp/1');
    const authorize: Authorizer = isOfStreams ? (peer) => authorizeStream(peer, stage.port) : base.authorize;
    const take = (channel: Channel): void => {
      onOpen?.(channel);
      onChannel(channel);
      // Its handshake was under way when the rest began to drain.
      if (stage.isClosing) channel.drain();
    };
    return new ChannelListener({ ...base, authorize, clock, protocols, onChannel: take });
  }

  /** First the directory tells callers; then each answer tells them too; and then what is idle may end. */
  async #close(entry: Open, endpoint: Endpoint, { closeIdle }: ListenWish): Promise<void> {
    const { clock, presence } = this.#options;
    await presence.remove(endpoint);
    const { listener } = entry;
    const closed = listener.close();
    using idle = new Repeat(clock, () => {
      closeIdle?.();
      return Promise.resolve(LINGER_MS);
    });
    const callOffs = [clock.after(LINGER_MS, () => void idle.now()), clock.after(DRAIN_MS, () => listener.cut())];
    await closed;
    for (const callOff of callOffs) callOff();
    this.#open.delete(entry);
  }

  #endpointOf({ address, port }: AddressInfo, { protocols }: ListenWish): Endpoint | undefined {
    const host = this.#options.advertise ?? address;
    return isDialableHost(host) ? { host, port, alpn: protocols } : undefined;
  }
}

function undialable({ address, port }: AddressInfo): ThemisError {
  const what = `nobody can dial ${address}:${port}; say in \`advertise\` how others reach this machine`;
  return new ThemisError('THEMIS_CONFIG_INVALID', what);
}
