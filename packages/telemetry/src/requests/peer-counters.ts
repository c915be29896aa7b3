import type { Direction } from '../direction.ts';
import type { Counter, Histogram } from '../metrics/instruments.ts';
import { OTHER } from '../metrics/declaration.ts';
import { PROTOCOLS, STATUS_CLASSES, type LoggedProtocol } from '../metrics/labels.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { OpenRequest } from './open-request.ts';

/** The counters of requests to and from each service, resolved once. */
export class PeerCounters {
  readonly #metrics: Metrics;
  readonly #isKnown: (service: string) => boolean;
  readonly #held: Readonly<Record<Direction, Map<string, OnePeer>>> = { inbound: new Map(), outbound: new Map() };

  constructor(metrics: Metrics, isKnown: (service: string) => boolean) {
    this.#metrics = metrics;
    this.#isKnown = isKnown;
  }

  of(direction: Direction, name: string | undefined): OnePeer {
    const held = this.#held[direction];
    return held.get(name ?? OTHER) ?? this.#find(direction, name);
  }

  #find(direction: Direction, name: string | undefined): OnePeer {
    const held = this.#held[direction];
    const isOther = name === undefined || held.size >= MOST_PEERS || !this.#knows(name);
    const label = isOther ? OTHER : name;
    let peer = held.get(label);
    if (peer === undefined) {
      peer = new OnePeer(this.#metrics, direction, label);
      held.set(label, peer);
    }
    return peer;
  }

  #knows(name: string): boolean {
    try {
      return this.#isKnown(name);
    } catch {
      return false;
    }
  }
}

/** With more, the series of the metrics are used up anyway. */
const MOST_PEERS = 1000;

/** What is counted of requests to or from one service. */
class OnePeer {
  readonly #metrics: Metrics;
  readonly #direction: Direction;
  readonly #label: string;
  readonly #requests = new Map<LoggedProtocol | undefined, (Counter | undefined)[]>(
    PROTOCOLS.map((protocol) => [protocol, STATUS_CLASSES.map(() => undefined)]),
  );
  readonly #durations: Histogram;

  constructor(metrics: Metrics, direction: Direction, label: string) {
    this.#metrics = metrics;
    this.#direction = direction;
    this.#label = label;
    this.#durations = metrics.histogram('themis_request_duration_seconds', { direction, peer: label });
  }

  end({ protocol = 'tcp', status, duration, retries, audit }: OpenRequest): void {
    const at = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
    (this.#requests.get(protocol)?.[at] ?? this.#resolve(protocol, at)).add();
    if (protocol !== 'tcp') this.#durations.observe(duration / 1000);
    if (retries > 0) this.#metrics.counter('themis_request_retries_total', { peer: this.#label }).add(retries);
    if (audit) this.#metrics.counter('themis_policy_audits_total', { peer: this.#label }).add();
  }

  #resolve(protocol: LoggedProtocol, at: number): Counter {
    const labels = { direction: this.#direction, peer: this.#label, protocol, status: STATUS_CLASSES[at] ?? 'none' };
    const counter = this.#metrics.counter('themis_requests_total', labels);
    const row = this.#requests.get(protocol);
    if (row !== undefined) row[at] = counter;
    return counter;
  }
}
