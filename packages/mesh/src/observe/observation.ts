import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TargetName, type Trust } from '@themis-mesh/core';
import type { Channel, Clock } from '@themis-mesh/channel';
import {
  AccessLog,
  CallSink,
  countProcess,
  FileSink,
  listenForScrapes,
  Metrics,
  RequestLog,
  StreamSink,
  type Direction,
  type LineSink,
  type Self,
} from '@themis-mesh/telemetry';
import type { Announcer } from '../announcer.ts';
import type { RotatingCredentials } from '../leaf/rotating-credentials.ts';
import { countEvents } from './count-events.ts';
import type { AccessLogTarget, ResolvedObserveOptions } from './observe-options.ts';

export interface ObservationOptions {
  readonly self: Self;
  readonly observe: ResolvedObserveOptions;
  readonly trust: Trust;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** What a process tells of itself: its metrics, their page, and its access log. */
export class Observation implements AsyncDisposable {
  readonly metrics: Metrics;
  readonly requests: RequestLog;
  readonly #accessLog: AccessLog | undefined;
  readonly #clock: Clock;
  #page: Server | undefined;

  private constructor({ self, trust, announcer, clock }: ObservationOptions, accessLog: AccessLog | undefined, metrics: Metrics) {
    this.metrics = metrics;
    this.#clock = clock;
    this.#accessLog = accessLog;
    const isKnown = (name: string): boolean => TargetName.is(name) && trust.serviceOf(name) !== undefined;
    this.requests = new RequestLog({ self, metrics, accessLog, isKnown });
    const { name: service, instance: member, id } = self;
    metrics.gauge('themis_member_info', { service, member, id }).set(1);
    metrics
      .gauge('themis_charter_remaining_seconds', {})
      .readFrom(() => Math.round(trust.app.charter.claims.exp - clock.now() / 1000));
    countProcess(metrics, clock.now());
    announcer.observe(countEvents(metrics, this.requests));
  }

  /** @throws ThemisError `THEMIS_CONFIG_INVALID`, `THEMIS_PORT_IN_USE` */
  static async open(options: ObservationOptions): Promise<Observation> {
    const { observe, clock, announcer } = options;
    const metrics = new Metrics();
    const { accessLog: wish, metrics: place } = observe;
    const onTrouble = (error: unknown): void => announcer.tell('access-log-failed', { error });
    const accessLog = wish && new AccessLog({ sink: await openSink(wish.to), clock, query: wish.query, metrics, onTrouble });
    const observation = new Observation(options, accessLog, metrics);
    try {
      if (place !== undefined) observation.#page = await listenForScrapes(metrics, place);
      return observation;
    } catch (error) {
      await observation[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the page of metrics is served; undefined where it is not. */
  get address(): AddressInfo | undefined {
    const address = this.#page?.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  /** Has the page say how long the leaf lives, and how many channels are open. */
  watch(credentials: RotatingCredentials, channels: Readonly<Record<Direction, () => Iterable<unknown>>>): void {
    const remaining = (): number => Math.round(credentials.current.notAfter - this.#clock.now() / 1000);
    this.metrics.gauge('themis_leaf_remaining_seconds', {}).readFrom(remaining);
    for (const direction of ['inbound', 'outbound'] as const) {
      this.metrics.gauge('themis_channels_open', { direction }).readFrom(() => [...channels[direction]()].length);
    }
  }

  /** For whoever opens channels. */
  readonly opened: Readonly<Record<Direction, (channel: Channel) => void>> = {
    inbound: () => this.metrics.counter('themis_handshakes_total', { direction: 'inbound' }).add(),
    outbound: () => this.metrics.counter('themis_handshakes_total', { direction: 'outbound' }).add(),
  };

  /** Begins a new file of the access log, after the one before was moved away. @throws ThemisError; then it stays */
  async reopenAccessLog(): Promise<void> {
    await this.#accessLog?.reopen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#page?.close();
    this.#page?.closeAllConnections();
    await this.#accessLog?.[Symbol.asyncDispose]();
  }
}

async function openSink(to: AccessLogTarget): Promise<LineSink> {
  if (typeof to === 'function') return new CallSink(to);
  return to === '-' ? new StreamSink(process.stdout) : await FileSink.open(to);
}
