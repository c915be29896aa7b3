import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { CallerRouter } from '../http1/caller-connection.ts';
import type { MeshRoute } from '../http1/caller-exchange.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { asksForUpgrade, MESH_HTTP_PORT } from './proxy-router.ts';
import { parseTarget } from './target.ts';

/** Where the requests of a tunnel go that CONNECT opened to port 80 of a service: there, and nowhere else. */
export class ServiceRouter implements CallerRouter {
  readonly forms = 'origin';
  readonly #service: TargetName;
  /** The last host that was found to name the service. */
  #known: string | undefined;

  constructor(service: TargetName) {
    this.#service = service;
  }

  route(head: RequestHead): MeshRoute | 'elsewhere' {
    if (asksForUpgrade(head)) return 'elsewhere';
    const { host = '', target } = head;
    if (host !== this.#known) {
      const named = parseTarget(host, MESH_HTTP_PORT);
      if (named?.is !== 'service' || named.service !== this.#service)
        throw new ThemisError(
          'THEMIS_REQUEST_REFUSED',
          `Host names something else than ${this.#service}, to which the tunnel leads`,
        );
      this.#known = host;
    }
    return { service: this.#service, path: target, host };
  }
}
