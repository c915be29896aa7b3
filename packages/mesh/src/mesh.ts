import type { Agent, RequestListener, ServerOptions } from 'node:http';
import type { ServerOptions as Http2ServerOptions } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { EventEmitter } from 'node:events';
import type { IdentityId, InstanceName, Refusal, ServiceName, ThemisError, Trust } from '@themis-mesh/core';
import type { Channel } from '@themis-mesh/channel';
import type { MeshChannels } from './channels.ts';
import type { FetchDispatcher } from './dispatcher/mesh-dispatcher.ts';
import type { MeshFetch } from './http/fetch.ts';
import type { MeshServer } from './http/mesh-server.ts';
import type { Http2Listener, MeshHttp2Server } from './http2/mesh-http2-server.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import type { PolicyOptions } from './join-options.ts';
import type { ConnectionListener, MeshTcpServer } from './tcp/tcp-server.ts';

/** What happens in a mesh that an operator may want to see. */
export interface MeshEvents {
  /** A leaf was replaced by a new one. Times in seconds since 1970. */
  renewed: [{ readonly serial: string; readonly notAfter: number }];
  /** A leaf could not be replaced; the old one serves for `left` seconds more. */
  'renewal-failed': [{ readonly error: unknown; readonly left: number }];
  /** Somebody was turned away, or an open connection was cut, and why. */
  refused: [{ readonly refusal: Refusal; readonly remote: string }];
  /** An instance could not be reached, or refused us; another is tried where there is one. */
  'dial-failed': [{ readonly service: ServiceName; readonly instance: InstanceName; readonly error: ThemisError }];
  /** The directory did not answer, or did not take what this instance says of itself; it is asked and told again soon. */
  'directory-failed': [{ readonly error: unknown }];
  /** What was seen of others could not be written down; it stays remembered, and is written with the next of its kind. */
  'state-failed': [{ readonly error: ThemisError }];
  /** A newer charter is held. */
  charter: [{ readonly sequence: string }];
  /** Something contradicts what was seen before, or news stay away. The reason is also the metric's label. */
  alarm: [{ readonly refusal: Refusal }];
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

  /** As the global `fetch`, where the host names a service: `https://payments/charge`, or `http://payments.mesh.internal/`. */
  readonly fetch: MeshFetch;
  /** For undici and the global `fetch`: `fetch('https://payments/', { dispatcher: mesh.dispatcher })`. */
  readonly dispatcher: FetchDispatcher;
  /** For Node's own client and what is built on it: `http.get('http://payments/', { agent: mesh.agent })`, `https:` alike. */
  readonly agent: Agent;
  /** Sends one HTTP/1.1 request as it is, and returns the head of its answer: for proxies. */
  send(request: MeshRequest): Promise<MeshResponse>;
  /**
   * Opens a raw byte stream to an instance of a service. Whoever asks for it ends it. As a socket of `node:net`, it ends its
   * own side with the other's, unless `allowHalfOpen` is set on it.
   */
  connect(service: string, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
  /** As {@link connect}, with the peer and the channel's state. */
  dial(service: string, options?: { readonly signal?: AbortSignal }): Promise<Channel>;

  /** As `http.createServer`; its connections come from verified peers only, and each request says whose it is (`req.peer`). */
  createServer(listener?: RequestListener): MeshServer;
  createServer(options: ServerOptions, listener?: RequestListener): MeshServer;
  /** As `http2.createServer`; sessions and requests say whose they are (`stream.session.peer`, `request.peer`). */
  createHttp2Server(listener?: Http2Listener): MeshHttp2Server;
  createHttp2Server(options: Http2ServerOptions, listener?: Http2Listener): MeshHttp2Server;
  /** As `net.createServer`, for raw byte streams. */
  createTcpServer(listener: ConnectionListener): MeshTcpServer;

  /**
   * Replaces the policy of this process; open connections are judged again at once.
   *
   * @throws ThemisError `THEMIS_CONFIG_INVALID`; the policy before stays
   */
  setPolicy(policy: PolicyOptions): void;
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
