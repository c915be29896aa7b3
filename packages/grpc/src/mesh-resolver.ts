import { experimental, Metadata, status, type ChannelOptions, type ServiceConfig } from '@grpc/grpc-js';
import type { TargetName } from '@themis-mesh/core';
import { MESH_BALANCING, registerMeshLoadBalancer } from './mesh-load-balancer.ts';
import type { Route } from './route.ts';
import { Routes } from './routes.ts';
import { SCENE, type Instances, type Scene } from './scene.ts';

type GrpcUri = experimental.GrpcUri;
type ResolverListener = experimental.ResolverListener;

/** The scheme of targets that lead into a mesh: `themis://<which mesh>/<service>`. */
export const SCHEME = 'themis';

/** Calls go by the rules of the mesh. A program that says otherwise, by the option `grpc.service_config`, has gRPC's own. */
const BY_THE_RULES: ServiceConfig = { loadBalancingConfig: [{ [MESH_BALANCING]: {} }], methodConfig: [] };

/** The name of a channel argument that keeps connections of different epochs apart. */
const EPOCH = 'themis.epoch';

/** How long a service is not asked for again that nobody knew. Milliseconds. */
const UNKNOWN_MS = 1000;

interface Followed {
  instances: Instances | undefined;
  readonly since: number;
  readonly end: () => void;
}

/** Finds the instances of a service by the mesh, and has their connections made anew before they end. */
class MeshResolver implements experimental.Resolver {
  readonly #route: Route;
  readonly #listener: ResolverListener;
  readonly #isByTheRules: boolean;
  readonly #services = new Map<TargetName, Followed>();
  #endRenewals: (() => void) | undefined;
  #isTelling = false;

  constructor(target: GrpcUri, listener: ResolverListener, options: ChannelOptions) {
    this.#route = routeOf(target);
    this.#listener = listener;
    this.#isByTheRules = options['grpc.service_config'] === undefined;
  }

  static getDefaultAuthority({ path }: GrpcUri): string {
    return path;
  }

  /** Called by gRPC to begin, and whenever a connection was lost. */
  updateResolution(): void {
    if (this.#endRenewals !== undefined) {
      void this.#route.refresh();
      this.#tell();
      return;
    }
    this.#endRenewals = this.#route.onRenewal(() => {
      this.#tell();
    });
    this.#follow(this.#route.service);
  }

  destroy(): void {
    this.#endRenewals?.();
    this.#endRenewals = undefined;
    for (const { end } of this.#services.values()) end();
    this.#services.clear();
  }

  /** Of a service that is not the client's own, to which a rule leads. */
  #want(service: TargetName): void {
    if (this.#endRenewals === undefined) return;
    const known = this.#services.get(service);
    if (known !== undefined && (known.instances?.failure === undefined || performance.now() - known.since < UNKNOWN_MS)) return;
    known?.end();
    this.#follow(service);
  }

  #follow(service: TargetName): void {
    const hear = (instances: Instances): void => {
      followed.instances = instances;
      this.#tell();
    };
    const end = this.#route.follow(
      service,
      (targets) => {
        hear({ targets });
      },
      (error) => {
        if (service === this.#route.service) this.#fail(error);
        else hear({ targets: [], failure: detailsOf(error) });
      },
    );
    const followed: Followed = { instances: undefined, since: performance.now(), end };
    this.#services.set(service, followed);
  }

  /** Once for all that changes in one turn, and never from within a call of gRPC. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      if (this.#services.get(this.#route.service)?.instances === undefined) return;
      const { epoch } = this.#route;
      const scene = this.#scene(epoch);
      const targets = [...scene.services.values()].flatMap((instances) => instances.targets);
      const endpoints = targets.map(({ endpoint: { host, port } }) => ({ addresses: [{ host, port }] }));
      const attributes = this.#isByTheRules
        ? { [EPOCH]: epoch, [SCENE]: scene, [experimental.CHANNEL_ARGS_CONFIG_SELECTOR_KEY]: scene.selector }
        : { [EPOCH]: epoch };
      const config = this.#isByTheRules ? experimental.statusOrFromValue(BY_THE_RULES) : null;
      this.#listener(experimental.statusOrFromValue(endpoints), attributes, config, '');
    });
  }

  #scene(epoch: string): Scene {
    const services = new Map<TargetName, Instances>();
    for (const [service, { instances }] of this.#services) if (instances !== undefined) services.set(service, instances);
    return {
      epoch,
      services,
      selector: this.#route.selector,
      want: (service) => {
        this.#want(service);
      },
    };
  }

  #fail(error: unknown): void {
    this.destroy();
    const failure = { code: status.UNAVAILABLE, details: detailsOf(error), metadata: new Metadata() };
    this.#listener(experimental.statusOrFromError(failure), {}, null, '');
  }
}

let isRegistered = false;

/** Makes gRPC know the scheme. */
export function registerMeshResolver(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerMeshLoadBalancer();
  experimental.registerResolver(SCHEME, MeshResolver);
}

function detailsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** @throws TypeError for a target that was not made by a mesh that is there */
function routeOf({ authority = '', path }: GrpcUri): Route {
  const routes = Routes.named(authority);
  if (routes === undefined) throw new TypeError(`${SCHEME}://${authority}/${path} leads to no mesh of this process`);
  return routes.to(path);
}
