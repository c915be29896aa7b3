import type { Agent, RequestListener, ServerOptions } from 'node:http';
import type { ServerOptions as Http2ServerOptions } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EventEmitter } from 'node:events';
import type { ByteStream, Channel, StreamReceiver } from '@themis-mesh/channel';
import type {
  Allowed,
  AuditFinding,
  Decision,
  Denied,
  IdentityId,
  InstanceName,
  Judgement,
  Peer,
  Refusal,
  RequestHead,
  ServiceName,
  TargetName,
  ThemisError,
  Trust,
} from '@themis-mesh/core';
import type { Metrics, RequestLog } from '@themis-mesh/telemetry';
import type { MeshChannels } from './channels.ts';
import type { FetchDispatcher } from './dispatcher/mesh-dispatcher.ts';
import type { MeshFetch } from './http/client/fetch.ts';
import type { FetchHandler } from './http/server/fetch-exchange.ts';
import type { MeshServer } from './http/server/mesh-server.ts';
import type { Http2Listener, MeshHttp2Server } from './http2/mesh-http2-server.ts';
import type { StreamHandler } from './http/server/relay-server.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import type { PolicyOptions } from './join-options.ts';
import type { MeshStreamServer, StreamListener } from './tcp/stream-server.ts';
import type { TrafficOptions } from './traffic/traffic-control.ts';
import type { ConnectionListener, MeshTcpServer } from './tcp/tcp-server.ts';

/** What happens in a mesh that an operator may want to see. */
export interface MeshEvents {
  /** A leaf was replaced by a new one. Times in seconds since 1970. */
  renewed: [{ readonly serial: string; readonly notAfter: number }];
  /** A leaf could not be replaced; the old one serves for `left` seconds more. */
  'renewal-failed': [{ readonly error: unknown; readonly left: number }];
  /** Somebody was turned away, or an open connection was cut, and why. */
  refused: [{ readonly refusal: Refusal; readonly remote: string }];
  /** A policy refused a request: it was answered, and not carried out. `detail`: what was ambiguous in it. */
  'request-refused': [JudgedRequest & { readonly decision: Denied; readonly detail?: string }];
  /** A request was carried out that a policy, or a rule, in audit mode would have refused. */
  'request-audited': [JudgedRequest & { readonly decision: Allowed; readonly audit: AuditFinding }];
  /** An instance could not be reached, or refused us; another is tried where there is one. */
  'dial-failed': [{ readonly service: TargetName; readonly instance: InstanceName; readonly error: ThemisError }];
  /** The directory did not answer, or did not take what this instance says of itself; it is asked and told again soon. */
  'directory-failed': [{ readonly error: unknown }];
  /** What was seen of others could not be written down; it stays remembered, and is written with the next of its kind. */
  'state-failed': [{ readonly error: ThemisError }];
  /** Traffic rules are in force that were not before. `by`: the program, or the file that it named. */
  traffic: [{ readonly by: 'program' | 'file' }];
  /** Traffic rules were not taken; those before stay in force. */
  'traffic-refused': [{ readonly error: ThemisError }];
  /** The access log cannot be written: lines are lost, and counted. Told once, until it can be again. */
  'access-log-failed': [{ readonly error: unknown }];
  /** A newer charter is held: of this app, or of the one that it imports under `alias`. */
  charter: [{ readonly sequence: string; readonly alias?: ServiceName }];
  /** Something contradicts what was seen before, or news stay away. The reason is also the metric's label. */
  alarm: [{ readonly refusal: Refusal }];
}

/** A request that a policy had something to say about. */
export interface JudgedRequest {
  readonly peer: Peer;
  readonly method: string;
  /** The target, in its canonical form where it has one. */
  readonly path: string;
}

/** One process as an instance of a service: its way to all others, and theirs to it. */
export interface Mesh extends AsyncDisposable {
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly instance: InstanceName;
  /** `spiffe://<id>/i/<instance>` */
  readonly spiffeId: string;
  /** What this process believes of the app. */
  readonly trust: Trust;
  readonly events: EventEmitter<MeshEvents>;
  /** For packages that bring a client and a server of their own. */
  readonly channels: MeshChannels;
  /** What is counted here: `mesh.metrics.text()` is the page for Prometheus. */
  readonly metrics: Metrics;
  /** Where the page of metrics is served; undefined where it is not. */
  readonly metricsAddress: AddressInfo | undefined;
  /** Where requests are counted and logged; for proxies that take some of their own. */
  readonly requests: RequestLog;

  /**
   * As the global `fetch`, where the host names a service: `https://payments/charge`, or `http://payments.mesh.internal/`; of an
   * imported app `https://invoices.billing/`. The callee sees the host as it is written here.
   */
  readonly fetch: MeshFetch;
  /** For undici and the global `fetch`: `fetch('https://payments/', { dispatcher: mesh.dispatcher })`. */
  readonly dispatcher: FetchDispatcher;
  /** For Node's own client and what is built on it: `http.get('http://payments/', { agent: mesh.agent })`, `https:` alike. */
  readonly agent: Agent;
  /** Sends one HTTP/1.1 request as it is, and returns the head of its answer: for proxies. */
  send(request: MeshRequest): Promise<MeshResponse>;
  /**
   * Opens a raw byte stream to an instance of a service, `db` or `db.billing`. Whoever asks for it ends it. As a socket of
   * `node:net`, it ends its own side with the other's, unless `allowHalfOpen` is set on it. It shares a channel with others to
   * the same instance, where that takes tunnels.
   *
   * An instance that takes nothing of it, because it closes or its program cannot be reached, is passed over for another, as long
   * as nothing came back and no more than 16 KiB were written. The signal ends the waiting for an instance.
   */
  connect(service: string, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
  /** As {@link connect}, without a stream of Node, which costs more than all the rest: for proxies. */
  openStream(service: string, receiver: StreamReceiver, options?: { readonly signal?: AbortSignal }): Promise<ByteStream>;
  /** Opens a raw byte stream on a channel of its own, with the peer and the channel's state. */
  dial(service: string, options?: { readonly signal?: AbortSignal }): Promise<Channel>;

  /** As `http.createServer`; its connections come from verified peers only, and each request says whose it is (`req.peer`). */
  createServer(listener?: RequestListener): MeshServer;
  createServer(options: ServerOptions, listener?: RequestListener): MeshServer;
  /** As `http2.createServer`; sessions and requests say whose they are (`stream.session.peer`, `request.peer`). */
  createHttp2Server(listener?: Http2Listener): MeshHttp2Server;
  createHttp2Server(options: Http2ServerOptions, listener?: Http2Listener): MeshHttp2Server;
  /**
   * A server whose handler takes a `Request` and gives a `Response`, as that of Hono and its kin: `createFetchServer(app.fetch)`.
   * The fastest way to serve; {@link reply} makes it faster still.
   */
  createFetchServer(handler: FetchHandler, options?: ServerOptions): MeshServer;
  /** For proxies: requests that come over tunnels as they come, the others as `createServer` has them. */
  createRelayServer(onStream: StreamHandler, options?: ServerOptions): MeshServer;
  /** As `net.createServer`, for raw byte streams. */
  createTcpServer(listener: ConnectionListener): MeshTcpServer;
  /** As {@link createTcpServer}, without streams of Node: for proxies. */
  createStreamServer(listener: StreamListener): MeshStreamServer;

  /**
   * Replaces the policy of this process: at once for requests on open connections too, and connections are judged again.
   *
   * @throws ThemisError `THEMIS_CONFIG_INVALID`; the policy before stays
   */
  setPolicy(policy: PolicyOptions): void;
  /** Takes the policy of this process back: from now on what the charter says holds alone. */
  dropPolicy(): void;
  /**
   * What the policies say of a request from a peer, for servers that are not made here: those that are ask by themselves. One
   * that is refused is answered and not carried out; of one that is allowed the `path` is the only one that may be served.
   */
  judgeRequest(peer: Peer, request: RequestHead): Judgement;
  /** What the policies say of a raw stream. @param port of the service, as its policies see it; default: the option `port` */
  judgeStream(peer: Peer, port?: number): Decision;
  /**
   * Replaces the traffic rules of this process: those for its calls, and its own limits. What concerns its callers goes into the
   * service's record. Calls under way go on by the rules under which they began.
   *
   * @throws ThemisError `THEMIS_TRAFFIC_INVALID` with all mistakes; the rules before stay
   */
  setTraffic(traffic: TrafficOptions): void;
  /**
   * Begins a new file of the access log, for whoever has moved away the one before.
   *
   * @throws ThemisError `THEMIS_CONFIG_INVALID`; the file before stays
   */
  reopenAccessLog(): Promise<void>;
  /** Replaces the leaf now. @throws ThemisError why there is no new one; the old one serves on */
  renew(): Promise<void>;
  /**
   * Takes leave of the directory, lets what is under way end, for 10 seconds at most what others asked for and for 5 more what
   * this process asks for, and closes.
   *
   * @throws ThemisError where what was seen of others could not be written down; all else is closed then too
   */
  close(): Promise<void>;
}
