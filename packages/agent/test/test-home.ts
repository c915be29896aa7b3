import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { dial, type Channel, type Protocol } from '@themis-mesh/channel';
import { anchorOf, mintIdentityCertificate, ServiceName } from '@themis-mesh/core';
import { join, type Mesh } from '@themis-mesh/mesh';
import { addService, importApp, initApp, openHomeDirectory, readApp, type Workplace } from '@themis-mesh/owner';
import { Home, IdentityFile } from '@themis-mesh/storage';
import { makeLeaf, SwappableCredentials } from '@themis-mesh/testkit';
import { readSidecarOptions, Sidecar, SILENT, type SidecarFlags, type SidecarPorts } from '@themis-mesh/agent';

/** A home with an app of some services, and the parts of the mesh that a test opened in it. All ends with it. */
export class TestHome implements AsyncDisposable {
  readonly path: string;
  readonly #ends: (() => unknown)[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static create(...services: readonly string[]): Promise<TestHome> {
    return TestHome.sharing(undefined, ...services);
  }

  /** A home whose directory is that of another one: of another app on the same machine. */
  static async sharing(other: TestHome | undefined, ...services: readonly string[]): Promise<TestHome> {
    const path = await mkdtemp(joinPath(tmpdir(), 'themis-agent-'));
    const home = Home.at(path);
    const now = Math.floor(Date.now() / 1000);
    await initApp({ home, now }, { directory: other === undefined ? undefined : Home.at(other.path).directory });
    const test = new TestHome(path);
    for (const name of services) await test.asOwner((place) => addService(place, serviceName(name)));
    return test;
  }

  /** Makes another app known to this one as it is now. */
  async import(alias: string, other: TestHome): Promise<void> {
    const anchor = anchorOf(await other.asOwner((place) => readApp(place)));
    await this.asOwner((place) => importApp(place, serviceName(alias), anchor));
  }

  async asOwner<T>(act: (place: Workplace) => Promise<T>): Promise<T> {
    const home = Home.at(this.path);
    const now = Math.floor(Date.now() / 1000);
    const { anchor } = await home.app();
    await using directory = openHomeDirectory(home, anchor.app, () => now, await home.directoryFolder());
    return await act({ home, now, directory });
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
  async sidecar(
    service: string,
    flags: SidecarFlags,
  ): Promise<{ readonly sidecar: Sidecar; readonly ports: SidecarPorts; readonly mesh: Mesh }> {
    const mesh = await join({ service, home: this.path });
    const sidecar = await Sidecar.start(readSidecarOptions(service, [], { home: this.path, ...flags }), mesh, SILENT);
    this.onEnd(() => sidecar.close());
    return { sidecar, ports: await sidecar.open(), mesh };
  }

  /** A connection to a mesh listener as an instance of a service, on which a test writes whatever it likes. */
  async channel(service: string, port: number, protocol: Protocol = 'themis-http/1'): Promise<Channel> {
    return (await this.dialer(service, protocol))(port);
  }

  /** Opens such connections, all as one instance. */
  async dialer(service: string, protocol: Protocol): Promise<(port: number) => Promise<Channel>> {
    const mesh = await this.join(service);
    const identity = await new IdentityFile(Home.at(this.path).service(serviceName(service)).identity).read();
    const [signer] = identity?.signers ?? [];
    if (identity === undefined || signer === undefined) throw new TypeError(`${service} has no keys here`);
    const { history } = identity;
    const leaf = await makeLeaf({
      history,
      signer,
      identity: await mintIdentityCertificate({ history, signer }),
      instance: 'raw',
      membership: identity.service?.membership,
      now: Math.floor(Date.now() / 1000),
      ttl: 600,
    });
    const credentials = new SwappableCredentials(leaf);
    return (port) =>
      dial({
        address: { host: '127.0.0.1', port },
        protocol,
        credentials,
        authenticator: mesh.trust,
        expect: () => undefined,
      });
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
