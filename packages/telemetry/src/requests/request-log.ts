import type { AccessLog } from '../access/access-log.ts';
import type { LoggedProtocol } from '../metrics/labels.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { HandshakeBudget } from './handshake-budget.ts';
import { OpenRequest } from './open-request.ts';
import { PeerCounters } from './peer-counters.ts';
import { RequestCounters } from './request-counters.ts';

/** Somebody at the other end, as `Peer` says it. */
export interface Party {
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

/** This member, as it stands in the log. */
export interface Self {
  readonly name: string;
  readonly id: string;
  readonly instance: string;
}

export interface RequestLogOptions {
  readonly self: Self;
  readonly metrics: Metrics;
  /** Undefined: requests are counted only. */
  readonly accessLog?: AccessLog | undefined;
  /**
   * Whether a name is a service of the app. Names that programs only ask for are no label: whoever asks for a hundred thousand
   * would take the places of those that there are.
   */
  readonly isKnown: (service: string) => boolean;
  /** Milliseconds, of a clock that only goes forward. */
  readonly elapsed?: (() => number) | undefined;
}

/**
 * Where all requests are told of, whatever carries them: counted, and written to the access log where there is one.
 *
 *     const open = requests.inbound('http/1.1', peer, method, path);
 *     …
 *     open.status = 200;
 *     open.bytesOut += chunk.length;
 *     open.end();
 *
 * One object a request; nothing in here throws.
 */
export class RequestLog {
  readonly #options: RequestLogOptions;
  readonly #counters: RequestCounters;
  readonly #peers: PeerCounters;
  readonly #elapsed: () => number;
  readonly #budget: HandshakeBudget;

  constructor(options: RequestLogOptions) {
    const { metrics, isKnown, elapsed = () => performance.now() } = options;
    this.#options = options;
    this.#counters = new RequestCounters(metrics);
    this.#peers = new PeerCounters(metrics, isKnown);
    this.#elapsed = elapsed;
    this.#budget = new HandshakeBudget(elapsed);
  }

  /**
   * Somebody asks this member.
   *
   * @param peer who it was proved to be; undefined for whoever comes from outside the mesh
   */
  inbound(protocol: LoggedProtocol, peer: Party | undefined, method?: string, path?: string): OpenRequest {
    const { self } = this.#options;
    const open = new OpenRequest(this, 'inbound', protocol, self.name, this.#elapsed());
    open.caller = peer?.name;
    open.callerId = peer?.id;
    open.instance = self.instance;
    open.method = method;
    open.path = path;
    this.#counters.begin('inbound');
    return open;
  }

  /** This member asks a service. @param service its name, as the app has it */
  outbound(protocol: LoggedProtocol, service: string, method?: string, path?: string): OpenRequest {
    const { self } = this.#options;
    const open = new OpenRequest(this, 'outbound', protocol, service, this.#elapsed());
    open.caller = self.name;
    open.callerId = self.id;
    open.method = method;
    open.path = path;
    this.#counters.begin('outbound');
    return open;
  }

  /** A connection was turned away, or cut, before or without a request. However many there are, a few lines are written. */
  turnedAway(refusal: string, remote: string): void {
    const { self, accessLog, metrics } = this.#options;
    metrics.counter('themis_connections_refused_total', { refusal }).add();
    if (accessLog === undefined) return;
    if (!this.#budget.take()) {
      accessLog.drop();
      return;
    }
    const entry = new OpenRequest(undefined, 'inbound', undefined, self.name, 0);
    entry.instance = self.instance;
    entry.refusal = refusal;
    entry.remote = remote;
    accessLog.record(entry);
  }

  /** For {@link OpenRequest.end}. */
  ended(open: OpenRequest): void {
    open.duration = this.#elapsed() - open.begunAt;
    const other = open.direction === 'inbound' ? open.caller : open.service;
    this.#counters.end(open);
    this.#peers.of(open.direction, other).end(open);
    this.#options.accessLog?.record(open);
  }
}
