import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { openFileDirectory } from '@themis-mesh/directory';
import { ServiceName } from '@themis-mesh/core';
import { join, type Mesh } from '@themis-mesh/mesh';
import { addService, initApp } from '@themis-mesh/owner';
import { Home } from '@themis-mesh/storage';
import { readSidecarOptions, Sidecar, SILENT, type SidecarFlags, type SidecarPorts } from '@themis-mesh/agent';

/** A home with an app of some services, and the parts of the mesh that a test opened in it. All ends with it. */
export class TestHome implements AsyncDisposable {
  readonly path: string;
  readonly #ends: (() => unknown)[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static async create(...services: readonly string[]): Promise<TestHome> {
    const path = await mkdtemp(joinPath(tmpdir(), 'themis-agent-'));
    const home = Home.at(path);
    const now = (): number => Math.floor(Date.now() / 1000);
    // Which app the directory is for is known once it is founded; a first one takes what is published meanwhile.
    const place = { home, now: now(), directory: openFileDirectory({ folder: home.directory, alarms: home.alarms, now }) };
    await initApp(place);
    for (const name of services) await addService(place, serviceName(name));
    await place.directory[Symbol.asyncDispose]();
    return new TestHome(path);
  }

  /** Runs when the home ends, the last first. */
  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async join(service: string): Promise<Mesh> {
    const mesh = await join({ service, home: this.path });
    this.onEnd(() => mesh.close());
    return mesh;
  }

  /** A sidecar that is open: its app is believed to answer. */
  async sidecar(service: string, flags: SidecarFlags): Promise<{ readonly sidecar: Sidecar; readonly ports: SidecarPorts; readonly mesh: Mesh }> {
    const mesh = await join({ service, home: this.path });
    const sidecar = await Sidecar.start(readSidecarOptions(service, [], { home: this.path, ...flags }), mesh, SILENT);
    this.onEnd(() => sidecar.close());
    return { sidecar, ports: await sidecar.open(), mesh };
  }

  /** A plain HTTP server on loopback. @returns its port */
  async serve(listener: RequestListener): Promise<number> {
    return this.listen(createServer(listener));
  }

  async listen(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.onEnd(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await rm(this.path, { recursive: true, force: true });
  }
}

export function serviceName(text: string): ServiceName {
  const name = ServiceName.parse(text);
  if (name === undefined) throw new TypeError(`${text} is no name`);
  return name;
}
