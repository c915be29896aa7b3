import { randomBytes } from 'node:crypto';
import { serviceOfHost, type MeshChannels } from '@themis-mesh/mesh';
import { Route } from './route.ts';

/** The routes of one mesh, by service, under a name by which a target of gRPC leads back to them. */
export class Routes {
  static readonly #all = new Map<string, WeakRef<Routes>>();
  readonly #channels: MeshChannels;
  readonly #routes = new Map<string, Route>();
  /** What the targets of this mesh have for an authority. No secret: it only keeps two meshes of one process apart. */
  readonly name: string = randomBytes(6).toString('hex');

  constructor(channels: MeshChannels) {
    this.#channels = channels;
    Routes.#all.set(this.name, new WeakRef(this));
    FORGOTTEN.register(this, this.name);
  }

  static named(name: string): Routes | undefined {
    return Routes.#all.get(name)?.deref();
  }

  static forget(name: string): void {
    Routes.#all.delete(name);
  }

  /** @param host as in a URL: `payments`, `payments.mesh.internal`. @throws TypeError for what can be no service */
  to(host: string): Route {
    const service = serviceOfHost(host);
    if (service === undefined) throw new TypeError(`${host} is no name of a service`);
    const known = this.#routes.get(service);
    if (known !== undefined) return known;
    const route = new Route(this.#channels, service);
    this.#routes.set(service, route);
    return route;
  }
}

const FORGOTTEN = new FinalizationRegistry<string>((name) => {
  Routes.forget(name);
});
