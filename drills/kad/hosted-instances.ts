import { once } from 'node:events';
import type { Directory } from '@themis-mesh/directory';
import { join as joinMesh, type Mesh, type MeshServer } from '@themis-mesh/mesh';
import type { Begun } from './commands.ts';

interface Hosted {
  readonly mesh: Mesh;
  readonly server: MeshServer;
}

/** Instances of a service in a process that has nodes. */
export class HostedInstances {
  readonly #home: string;
  readonly #hosted: Hosted[] = [];

  constructor(home: string) {
    this.#home = home;
  }

  /** They are in the mesh first, and then listen all at once. */
  async appear(service: string, names: readonly string[], directories: readonly Directory[]): Promise<readonly Begun[]> {
    const hosted = await Promise.all(
      names.map(async (instance, index) => {
        const directory = directories[index % directories.length];
        if (directory === undefined) throw new RangeError('there is no node');
        const mesh = await joinMesh({ service, home: this.#home, instance, directory });
        return { mesh, server: mesh.createFetchServer(() => new Response('here')) };
      }),
    );
    this.#hosted.push(...hosted);
    return Promise.all(
      hosted.map(async ({ mesh, server }) => {
        const begun = { instance: mesh.instance, at: Date.now() };
        const listening = once(server, 'listening');
        server.listen(0);
        await listening;
        return begun;
      }),
    );
  }

  async disappear(): Promise<readonly Begun[]> {
    return Promise.all(
      this.#hosted.splice(0).map(async ({ mesh, server }) => {
        const begun = { instance: mesh.instance, at: Date.now() };
        const closed = once(server, 'close');
        server.close();
        await closed;
        await mesh.close();
        return begun;
      }),
    );
  }
}
