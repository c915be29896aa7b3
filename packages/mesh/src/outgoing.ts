import { isIP, type Socket } from 'node:net';
import { ThemisError, type Endpoint, type IdentityId, type TargetName } from '@themis-mesh/core';
import type { Authenticator, ByteStream, Channel, Protocol, StreamReceiver } from '@themis-mesh/channel';
import type { RequestLog } from '@themis-mesh/telemetry';
import type { Announcer } from './announcer.ts';
import { quickFraction } from './chance.ts';
import type { Follower } from './channels.ts';
import { Balancer, type Target } from './find/balancer.ts';
import { Dialer, type Meeting } from './find/dialer.ts';
import { DirectoryTargets } from './find/directory-targets.ts';
import { Errands } from './find/errands.ts';
import type { Ground } from './ground.ts';
import { ChannelAgent } from './http/client/channel-agent.ts';
import { MeshAgent } from './http/client/mesh-agent.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { send, type Ways } from './http/client/send.ts';
import { logRaw } from './observe/log-raw.ts';
import type { Observation } from './observe/observation.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { ResolvedOptions } from './read-options.ts';
import { openStream } from './tcp/open-stream.ts';
import { stopwatchOf } from './traffic/stopwatch.ts';
import { Caller } from './traffic/caller.ts';
import { destinationOf } from './traffic/destination.ts';
import { Guide } from './traffic/guide.ts';
import { hearNotices } from './traffic/hear-notices.ts';
import { Lanes } from './traffic/lanes.ts';
import { TunnelPool } from './tunnels/tunnel-pool.ts';

export interface OutgoingOptions {
  readonly ground: Ground;
  readonly credentials: RotatingCredentials;
  readonly options: ResolvedOptions;
  readonly announcer: Announcer;
  readonly authenticator: Authenticator;
  readonly observation: Observation;
  /** Asks for news of the app, and of the one that has the service. Does not throw. */
  readonly refreshApp: (service: TargetName) => Promise<void>;
}

/** A process's way to the others: who is where, whom to take, and the channels there. */
export class Outgoing implements AsyncDisposable {
  /** How calls of each service are conducted. */
  readonly lanes: Lanes = new Lanes();
  /** For clients that make their own connections. */
  readonly guide: Guide;
  readonly #targets: DirectoryTargets;
  readonly #dialer: Dialer;
  readonly #errands: Errands;
  readonly #ways: Ways;
  readonly #requests: RequestLog;
  readonly #caller: Caller;
  /** For requests that programs make by Node's own client. */
  readonly agent: MeshAgent;

  constructor({ ground, credentials, options, announcer, authenticator, observation, refreshApp }: OutgoingOptions) {
    const { trust, readerOf, directory, identity } = ground;
    const { clock, zone } = options;
    const onNotice = hearNotices(this.lanes, announcer);
    this.#targets = new DirectoryTargets({ trust, readerOf, directory, clock, refreshApp, onNotice });
    this.#dialer = new Dialer({
      credentials,
      authenticator,
      clock,
      onOpen: observation.opened.outbound,
      onFailure: (service, { instance }, error) => announcer.tell('dial-failed', { service, instance, error }),
    });
    const now = stopwatchOf(clock);
    const balancer = new Balancer({ chance: quickFraction, now, zone });
    const base = { targets: this.#targets, balancer, dialer: this.#dialer, lanes: this.lanes };
    this.#errands = new Errands({ ...base, chance: quickFraction, now });
    this.#ways = { tunnels: new TunnelPool(this.#dialer), agent: new ChannelAgent(this.#dialer, identity.id) };
    this.#requests = observation.requests;
    this.guide = new Guide({ lanes: this.lanes, balancer, requests: this.#requests, chance: quickFraction, now });
    this.#caller = new Caller({ lanes: this.lanes, send: (request) => this.#sendToSome(request), chance: quickFraction });
    this.agent = new MeshAgent({
      ...{ guide: this.guide, source: this.#targets, credentials, own: identity.id },
      openTo: (service, protocol, target) => this.openTo(service, protocol, target),
    });
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return this.#caller.send(request);
  }

  async open(service: TargetName, signal: AbortSignal | undefined): Promise<Channel> {
    const open = this.#requests.outbound('tcp', service);
    try {
      const channel = await this.#errands.open(service, 'themis-tcp/1', signal);
      open.instance = channel.peer.instance;
      logRaw(open, channel);
      return channel;
    } catch (error) {
      open.fail(error);
      throw error;
    }
  }

  openStream(service: TargetName, receiver: StreamReceiver, signal: AbortSignal | undefined): Promise<ByteStream> {
    const ways = { tunnels: this.#ways.tunnels, dialer: this.#dialer };
    const { service: other = service, labels } = destinationOf(this.lanes.of(service).rules, [], quickFraction()) ?? {};
    const open = this.#requests.outbound('tcp', other);
    return openStream(this.#errands, ways, { service: other, receiver, open, signal, labels });
  }

  /** Opens a channel for a client that says itself what it sends on it. */
  openFor(service: TargetName, protocol: Protocol, signal?: AbortSignal): Promise<Channel> {
    return this.#errands.open(service, protocol, signal);
  }

  async openTo(service: TargetName, protocol: Protocol, target: Target, signal?: AbortSignal): Promise<Channel> {
    const { turns } = this.#dialer;
    this.#dialer.begin(service);
    try {
      while (!turns.hasPlace(target.key)) await turns.sleep(target.key, signal);
      return await this.#dialer.dial(service, protocol, target, signal);
    } finally {
      this.#dialer.end();
    }
  }

  targets(service: TargetName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    return this.#targets.targets(service, protocol);
  }

  /** Makes a TCP connection a channel to whichever instance of the service is known at its address. */
  async secure(service: TargetName, protocol: Protocol, over: Socket): Promise<Channel> {
    const targets = await this.#targets.targets(service, protocol);
    const target = targets.find(({ endpoint }) => isAt(endpoint, over));
    if (target !== undefined) return this.#dialer.dial(service, protocol, target, undefined, over);
    throw new ThemisError('THEMIS_NO_INSTANCE', `${service} over ${protocol} at ${over.remoteAddress}:${over.remotePort}`);
  }

  /** Opens a channel to an address. */
  meet(meeting: Meeting): Promise<Channel> {
    return this.#dialer.meet(meeting);
  }

  follow(service: TargetName, protocols: readonly Protocol[], follower: Follower): () => void {
    return this.#targets.follow(service, protocols, follower);
  }

  refresh(service: TargetName): Promise<void> {
    return this.#targets.refresh(service);
  }

  /** With whom connections are open. */
  *peers(): Iterable<IdentityId> {
    for (const { peer } of this.#dialer.channels) yield peer.id;
  }

  judgeAgain(): void {
    this.#dialer.judgeAgain();
  }

  /** Takes no more calls, lets those under way end, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { agent, tunnels } = this.#ways;
    agent.retire();
    tunnels.retire();
    this.agent.retire();
    await this.#dialer.close();
    agent.destroy();
    this.agent.destroy();
    this.#targets[Symbol.dispose]();
  }

  /** To some instance of the service, with retries. */
  #sendToSome(request: MeshRequest): Promise<MeshResponse> {
    const open = this.#requests.outbound('http/1.1', request.service, request.method, request.path);
    return send(this.#errands, this.#ways, request, open);
  }
}

/** Whether a connection leads to an endpoint. A name may have any address; who is there is proved anyway. */
function isAt({ host, port }: Endpoint, { remoteAddress, remotePort }: Socket): boolean {
  return port === remotePort && (isIP(host) === 0 || host === remoteAddress);
}
