import {
  anyAuthenticatedPeer,
  ChannelListener,
  dial,
  expectService,
  systemClock,
  type Channel,
  type Clock,
  type Credentials,
  type DialOptions,
  type ListenerOptions,
  type RefusedConnection,
} from '@themis-mesh/channel';
import type { Address, Trust } from '@themis-mesh/core';
import { SwappableCredentials } from './swappable-credentials.ts';
import { TestApp } from './test-app.ts';
import type { TestLeaf } from './test-leaf.ts';

export interface StageOptions extends Partial<Omit<ListenerOptions, 'credentials' | 'clock'>> {
  readonly clock?: Clock;
  /** How long the accepter's leaf lives. Seconds. Default 3600. */
  readonly ttl?: number;
  /** Whether it keeps what it took and turned away, to be looked at. Default true; false where memory is measured. */
  readonly keep?: boolean;
}

export interface Call extends Partial<Omit<DialOptions, 'credentials'>> {
  /** Who dials. Default: a new leaf of `web`. */
  readonly as?: Credentials;
}

/** An app with the services `web`, `orders` and `payments`, of which the last listens for channels on a real port. */
export class Stage implements AsyncDisposable {
  readonly app: TestApp;
  readonly clock: Clock;
  /** The accepter's. */
  readonly credentials: SwappableCredentials<TestLeaf>;
  /** What the accepter believes. */
  readonly trust: Trust;
  readonly listener: ChannelListener;
  readonly address: Address;
  /** Everybody whom the listener turned away, in order. */
  readonly refused: readonly RefusedConnection[];
  /** Every channel that the listener took, in order. */
  readonly accepted: readonly Channel[];

  private constructor(parts: Omit<Stage, 'refusals' | 'dial' | typeof Symbol.asyncDispose>) {
    this.app = parts.app;
    this.clock = parts.clock;
    this.credentials = parts.credentials;
    this.trust = parts.trust;
    this.listener = parts.listener;
    this.address = parts.address;
    this.refused = parts.refused;
    this.accepted = parts.accepted;
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { clock = systemClock, ttl = 3600, keep = true, ...rest } = options;
    const app = await TestApp.found(['web', 'orders', 'payments'], clock);
    const credentials = new SwappableCredentials(await app.leaf('payments', { ttl }));
    const trust = app.trust();
    const refused: RefusedConnection[] = [];
    const accepted: Channel[] = [];
    const listener = new ChannelListener({
      authenticator: trust,
      authorize: anyAuthenticatedPeer,
      protocols: ['themis-http/1', 'themis-tcp/1', 'http/1.1'],
      ...rest,
      credentials,
      clock,
      onChannel: (channel) => {
        if (keep) accepted.push(channel);
        // The end of a connection is seen only by whoever reads it.
        if (options.onChannel === undefined) channel.socket.resume();
        else options.onChannel(channel);
      },
      onRefused: (connection) => {
        if (keep) refused.push(connection);
        options.onRefused?.(connection);
      },
    });
    const { port } = await listener.listen(0);
    return new Stage({ app, clock, credentials, trust, listener, address: { host: '127.0.0.1', port }, refused, accepted });
  }

  /** The codes of everybody whom the listener turned away, in order. */
  get refusals(): readonly string[] {
    return this.refused.map(({ refusal }) => refusal.code);
  }

  /** Dials the accepter, as somebody who knows the app. */
  async dial({ as, ...call }: Call = {}): Promise<Channel> {
    const { app, address, clock } = this;
    return dial({
      address,
      protocol: 'themis-tcp/1',
      authenticator: app.trust(),
      expect: expectService('payments'),
      clock,
      ...call,
      credentials: new SwappableCredentials(as ?? (await app.leaf('web'))),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.cut();
    await this.listener.close();
  }
}
