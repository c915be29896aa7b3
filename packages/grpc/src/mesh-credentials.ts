import type { Socket } from 'node:net';
import { CallCredentials, ChannelCredentials, type ChannelOptions, type experimental } from '@grpc/grpc-js';
import { SCHEME } from './mesh-resolver.ts';
import type { Route } from './route.ts';
import type { Routes } from './routes.ts';

/**
 * Credentials that make every connection a channel, under the leaf of the moment.
 *
 * Those of gRPC itself have OpenSSL believe a chain first, by a store of roots, and ask for a hostname then; here there is
 * neither, so the connection is made by the channel and not by them.
 */
export class MeshCredentials extends ChannelCredentials {
  /** Held by whoever holds a client, for as long as targets are to lead somewhere. */
  readonly #routes: Routes;

  constructor(routes: Routes) {
    super();
    this.#routes = routes;
  }

  override _isSecure(): boolean {
    return true;
  }

  /** Whether connections may be shared. */
  override _equals(other: ChannelCredentials): boolean {
    return other instanceof MeshCredentials && other.#routes === this.#routes;
  }

  /** A target that leads elsewhere is connected to never: these credentials prove nothing there. */
  override _createSecureConnector(
    { scheme, authority, path }: experimental.GrpcUri,
    _: ChannelOptions,
    callCredentials: CallCredentials = CallCredentials.createEmpty(),
  ): experimental.SecureConnector {
    const isOurs = scheme === SCHEME && authority === this.#routes.name;
    return new ChannelConnector(isOurs ? this.#routes.to(path) : undefined, callCredentials);
  }
}

class ChannelConnector implements experimental.SecureConnector {
  readonly #route: Route | undefined;
  readonly #callCredentials: CallCredentials;

  constructor(route: Route | undefined, callCredentials: CallCredentials) {
    this.#route = route;
    this.#callCredentials = callCredentials;
  }

  async connect(over: Socket): Promise<experimental.SecureConnectResult> {
    const { socket } = await this.#requireRoute().secure(over);
    return { socket, secure: true };
  }

  // Async, because gRPC takes a failure that is thrown for one of its own.
  async waitForReady(): Promise<void> {
    await Promise.resolve(this.#requireRoute());
  }

  getCallCredentials(): CallCredentials {
    return this.#callCredentials;
  }

  destroy(): void {
    // It holds nothing: the connection belongs to whoever asked for it.
  }

  #requireRoute(): Route {
    if (this.#route === undefined) throw new TypeError('the credentials of a mesh are for targets of that mesh');
    return this.#route;
  }
}
