import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Client, type ChannelOptions, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { ServiceName } from '@themis-mesh/core';
import { meshGrpc, type MeshGrpcServer } from '@themis-mesh/grpc';
import { join, type JoinOptions, type Mesh } from '@themis-mesh/mesh';
import { addService, initApp, openHomeDirectory, removeService } from '@themis-mesh/owner';
import { Home } from '@themis-mesh/storage';
import { ECHO } from './echo.ts';

/** A home with an app of some services, and whatever of it runs in a test. All ends with it. */
export class GrpcBed implements AsyncDisposable {
  readonly home: Home;
  readonly #ends: (() => unknown)[] = [];

  private constructor(home: Home) {
    this.home = home;
  }

  static async open(...services: readonly string[]): Promise<GrpcBed> {
    const home = Home.at(await mkdtemp(joinPath(tmpdir(), 'themis-grpc-')));
    await initApp({ home, now: seconds() });
    const bed = new GrpcBed(home);
    for (const name of services) await bed.#asOwner(name, addService);
    return bed;
  }

  async remove(service: string): Promise<void> {
    await this.#asOwner(service, removeService);
  }

  async join(service: string, options: Partial<JoinOptions> = {}): Promise<Mesh> {
    const mesh = await join({ service, home: this.home.root, ...options });
    this.#ends.push(() => mesh.close());
    return mesh;
  }

  async serve(mesh: Mesh, handlers: UntypedServiceImplementation): Promise<MeshGrpcServer> {
    const server = meshGrpc(mesh).createServer();
    server.addService(ECHO, handlers);
    await server.listen();
    return server;
  }

  client(mesh: Mesh, service: string, options: ChannelOptions = {}): Client {
    const grpc = meshGrpc(mesh);
    const client = new Client(grpc.target(service), grpc.credentials, options);
    this.#ends.push(() => client.close());
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await rm(this.home.root, { recursive: true, force: true });
  }

  async #asOwner(service: string, act: typeof addService | typeof removeService): Promise<void> {
    const name = ServiceName.parse(service);
    if (name === undefined) throw new TypeError(`${service} is no name`);
    const now = seconds();
    const { anchor } = await this.home.app();
    await using directory = openHomeDirectory(this.home, anchor.app, () => now);
    await act({ home: this.home, directory, now }, name);
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
