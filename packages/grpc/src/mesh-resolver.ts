import { experimental, Metadata, status, type ChannelOptions, type ServiceConfig } from '@grpc/grpc-js';
import type { Target } from '@themis-mesh/mesh';
import type { Route } from './route.ts';
import { Routes } from './routes.ts';

type GrpcUri = experimental.GrpcUri;
type ResolverListener = experimental.ResolverListener;

/** The scheme of targets that lead into a mesh: `themis://<which mesh>/<service>`. */
export const SCHEME = 'themis';

/** Calls go to each instance in turn. A program may say otherwise by the option `grpc.service_config`. */
const IN_TURN: ServiceConfig = { loadBalancingConfig: [{ round_robin: {} }], methodConfig: [] };

/** The name of a channel argument that keeps connections of different epochs apart. */
const EPOCH = 'themis.epoch';

/** Finds the instances of a service by the mesh, and has their connections made anew before they end. */
class MeshResolver implements experimental.Resolver {
  readonly #route: Route;
  readonly #listener: ResolverListener;
  readonly #config: ServiceConfig | undefined;
  #stage: { readonly is: 'idle' } | { readonly is: 'following'; readonly end: () => void } = { is: 'idle' };
  #targets: readonly Target[] | undefined;
  #isTelling = false;

  constructor(target: GrpcUri, listener: ResolverListener, options: ChannelOptions) {
    this.#route = routeOf(target);
    this.#listener = listener;
    this.#config = options['grpc.service_config'] === undefined ? IN_TURN : undefined;
  }

  static getDefaultAuthority({ path }: GrpcUri): string {
    return path;
  }

  /** Called by gRPC to begin, and whenever a connection was lost. */
  updateResolution(): void {
    if (this.#stage.is === 'following') {
      void this.#route.refresh();
      this.#tell();
      return;
    }
    const ends = [
      this.#route.follow(
        (targets) => {
          this.#targets = targets;
          this.#tell();
        },
        (error) => {
          this.#fail(error);
        },
      ),
      this.#route.onRenewal(() => {
        this.#tell();
      }),
    ];
    const end = (): void => {
      for (const one of ends) one();
    };
    this.#stage = { is: 'following', end };
  }

  destroy(): void {
    if (this.#stage.is === 'following') this.#stage.end();
    this.#stage = { is: 'idle' };
    this.#targets = undefined;
  }

  /** Once for all that changes in one turn, and never from within a call of gRPC. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      if (this.#stage.is === 'idle' || this.#targets === undefined) return;
      const endpoints = this.#targets.map(({ endpoint: { host, port } }) => ({ addresses: [{ host, port }] }));
      const config = this.#config === undefined ? null : experimental.statusOrFromValue(this.#config);
      this.#listener(experimental.statusOrFromValue(endpoints), { [EPOCH]: this.#route.epoch }, config, '');
    });
  }

  #fail(error: unknown): void {
    this.destroy();
    const details = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const failure = { code: status.UNAVAILABLE, details, metadata: new Metadata() };
    this.#listener(experimental.statusOrFromError(failure), {}, null, '');
  }
}

let isRegistered = false;

/** Makes gRPC know the scheme. */
export function registerMeshResolver(): void {
  if (!isRegistered) experimental.registerResolver(SCHEME, MeshResolver);
  isRegistered = true;
}

/** @throws TypeError for a target that was not made by a mesh that is there */
function routeOf({ authority = '', path }: GrpcUri): Route {
  const routes = Routes.named(authority);
  if (routes === undefined) throw new TypeError(`${SCHEME}://${authority}/${path} leads to no mesh of this process`);
  return routes.to(path);
}
