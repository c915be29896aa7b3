import type {
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  Http2Session,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
  ServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { systemClock, type Channel, type Clock } from '@themis-mesh/channel';
import { ThemisError, type Peer } from '@themis-mesh/core';
import type { ServerGround } from '../http/server/mesh-server.ts';
import { Binding } from '../world/binding.ts';
import { readListenArguments } from '../world/listen-arguments.ts';
import { serveBy } from '../traffic/request-deadline.ts';
import { admitStream } from './admit-stream.ts';
import { limitedOptions } from './http2-limits.ts';
import { nodeHttp2 } from './node-http2.ts';
import { SessionGuard } from './session-guard.ts';

declare module 'node:http2' {
  interface Http2Session {
    /** Who is at the other end. Present on every session of a mesh server. */
    readonly peer?: Peer;
  }
  interface Http2ServerRequest {
    /** Who calls. Present on every request that a mesh server takes. */
    readonly peer: Peer;
  }
}

/** Takes requests, in the form of `node:http`. */
export type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** A `node:http2` server whose connections are channels. */
export interface MeshHttp2Server extends Http2Server {
  address(): AddressInfo | null;
}

/**
 * Makes a server of `node:http2` whose sessions and requests have a `peer`. All of Node's own is kept, its events and its forms
 * of answering; only where connections come from differs, and that each is held to {@link limitedOptions}.
 *
 * Node has no class for it that others may extend, so the server is one of Node's, with four methods of its own.
 */
export function createMeshHttp2Server(
  ground: ServerGround,
  options: ServerOptions,
  listener: Http2Listener | undefined,
  clock: Clock = systemClock,
): MeshHttp2Server {
  const http2 = nodeHttp2();
  const server = http2.createServer({ ...limitedOptions(options), Http2ServerRequest: withPeer(options) }, listener);
  const binding = new Binding(ground.listen);
  const channels = new WeakMap<Http2Session, Channel>();
  const open = new Set<Channel>();
  const nodeEmit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  const nodeClose = server.close.bind(server);

  const take = (channel: Channel): void => {
    // Node makes the session, and tells of it, before this returns.
    const introduce = (session: ServerHttp2Session): void => {
      channels.set(session, channel);
      Object.defineProperty(session, 'peer', { get: () => channel.peer, enumerable: true });
      new SessionGuard(session, channel, clock);
    };
    server.prependOnceListener('session', introduce);
    open.add(channel);
    channel.onState((state) => {
      if (state.is === 'closed') open.delete(channel);
    });
    nodeEmit('connection', channel.socket);
    server.off('session', introduce);
  };

  const emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'stream') return nodeEmit(event, ...args);
    const [stream, headers, , rawHeaders] = args as [ServerHttp2Stream, IncomingHttpHeaders, number, string[]];
    const channel = stream.session === undefined ? undefined : channels.get(stream.session);
    // Of one flight of requests the first may have cut the channel, and the parser goes on to the others all the same.
    if (channel?.isUsable() !== true) {
      stream.on('error', () => undefined).destroy();
      return true;
    }
    const admitted = admitStream(ground, channel.peer, { stream, headers, rawHeaders }, binding.address?.port);
    if (admitted?.deadline === undefined) return admitted === undefined || nodeEmit(event, ...args);
    return serveBy(admitted.deadline, () => nodeEmit(event, ...args));
  };

  const start = (...args: readonly unknown[]): MeshHttp2Server => {
    const { port, host, signal, onListening } = readListenArguments(args);
    if (!binding.isIdle) throw new ThemisError('THEMIS_CONFIG_INVALID', 'the server listens already');
    if (onListening !== undefined) server.once('listening', onListening);
    const closeOnAbort = (): void => void binding.close();
    const wish = { protocols: ['themis-h2/1', 'h2'], port, host, onChannel: take } as const;
    const opened = binding.open(wish, () => {
      signal?.removeEventListener('abort', closeOnAbort);
      // Node's own part. It never listened, and says `close` all the same.
      nodeClose(() => undefined);
    });
    opened.then(
      () => server.emit('listening'),
      (error: unknown) => server.emit('error', error as Error),
    );
    signal?.addEventListener('abort', closeOnAbort, { once: true });
    if (signal?.aborted === true) closeOnAbort();
    return mesh;
  };

  const close = (callback?: (error?: Error) => void): MeshHttp2Server => {
    if (binding.isIdle) nodeClose(callback);
    else {
      if (callback !== undefined) server.once('close', callback);
      void binding.close();
    }
    return mesh;
  };

  const mesh = Object.assign(server, {
    emit,
    listen: start,
    close,
    address: () => binding.address ?? null,
    getConnections: (callback: (error: Error | null, count: number) => void) => {
      process.nextTick(callback, null, open.size);
      return mesh;
    },
  }) as MeshHttp2Server;
  Object.defineProperty(mesh, 'listening', { get: () => binding.address !== undefined });
  return mesh;
}

type RequestClass = typeof Http2ServerRequest;

/** Requests that know who sent them: by an own and fixed property, because it is what policies go by. */
function withPeer({ Http2ServerRequest: Given }: ServerOptions): RequestClass {
  const Base = Given ?? nodeHttp2().Http2ServerRequest;
  return class extends Base {
    constructor(...args: ConstructorParameters<RequestClass>) {
      super(...args);
      Object.defineProperty(this, 'peer', { value: args[0].session?.peer, enumerable: true });
    }
  };
}
