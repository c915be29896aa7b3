import type { TargetName } from '@themis-mesh/core';
import type { Mesh } from '@themis-mesh/mesh';
import { filterFields, listOf } from './fields.ts';
import { trailersToPass } from './trailers.ts';
import type { Answer, OnwardRequest, Upstream } from './upstream.ts';

/** A service of the mesh: whichever of its instances is well. */
export class MeshUpstream implements Upstream {
  readonly #mesh: Pick<Mesh, 'send'>;
  readonly #service: TargetName;

  constructor(mesh: Pick<Mesh, 'send'>, service: TargetName) {
    this.#mesh = mesh;
    this.#service = service;
  }

  send({ method, path, fields, body, signal, onInformation }: OnwardRequest): Promise<Answer> {
    // A body that waits for a word of the service could not go to another instance; so the word is ours (RFC 9110
    // section 10.1.1).
    if (listOf(fields, 'expect').includes('100-continue')) onInformation({ status: 100, fields: [] });
    const headers = filterFields(fields, (name) => name !== 'expect');
    const trailers = body === undefined ? undefined : (): [string, string][] => trailersToPass(body);
    return this.#mesh.send({ service: this.#service, method, path, headers, body, trailers, signal });
  }
}
