import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import {
  anchorOf,
  ServiceName,
  signServiceRecord,
  type Anchor,
  type AppState,
  type IdentityId,
  type Json,
  type Policy,
} from '@themis-mesh/core';
import { dial, type Channel, type Protocol } from '@themis-mesh/channel';
import type { Directory } from '@themis-mesh/directory';
import { join, type JoinOptions, type Mesh, type MeshServer } from '@themis-mesh/mesh';
import {
  addService,
  importApp,
  initApp,
  openHomeDirectory,
  readApp,
  removeImport,
  removeService,
  setPolicy,
  type Workplace,
} from '@themis-mesh/owner';
import { Home, IdentityFile, RecoveryFile, rotateStored } from '@themis-mesh/storage';
import { SwappableCredentials } from '@themis-mesh/testkit';
import { Announcer } from '../src/announcer.ts';
import { openGround } from '../src/ground.ts';
import { Incoming } from '../src/incoming.ts';
import { LocalIssuer } from '../src/leaf/leaf-issuer.ts';
import { RotatingCredentials } from '../src/leaf/rotating-credentials.ts';
import { readOptions } from '../src/read-options.ts';

/** A home with an app of some services, and whatever of it runs in a test. All ends with it. */
export class TestHome implements AsyncDisposable {
  readonly home: Home;
  readonly app: IdentityId;
  readonly #ends: (() => unknown)[] = [];

  private constructor(home: Home, app: IdentityId) {
    this.home = home;
    this.app = app;
  }

  static create(...services: readonly string[]): Promise<TestHome> {
    return TestHome.sharing(undefined, ...services);
  }

  /** A home whose directory is that of another one: of another app on the same machine. */
  static async sharing(other: TestHome | undefined, ...services: readonly string[]): Promise<TestHome> {
    const home = Home.at(await mkdtemp(joinPath(tmpdir(), 'themis-mesh-')));
    await initApp({ home, now: seconds() }, { directory: other?.home.directory });
    const test = new TestHome(home, (await home.app()).anchor.app);
    for (const name of services) await test.add(name);
    return test;
  }

  get path(): string {
    return this.home.root;
  }

  /** Runs when the home ends, the last first. */
  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async add(service: string): Promise<void> {
    await this.asOwner((place) => addService(place, serviceName(service)));
  }

  async remove(service: string): Promise<void> {
    await this.asOwner((place) => removeService(place, serviceName(service)));
  }

  /** What others pin of the app as it is now. */
  async anchor(): Promise<Anchor> {
    return anchorOf(await this.state());
  }

  state(): Promise<AppState> {
    return this.asOwner((place) => readApp(place));
  }

  async import(alias: string, other: TestHome): Promise<void> {
    const anchor = await other.anchor();
    await this.asOwner((place) => importApp(place, serviceName(alias), anchor));
  }

  async removeImport(alias: string): Promise<void> {
    await this.asOwner((place) => removeImport(place, serviceName(alias)));
  }

  async setPolicy(service: string, policy: Policy | undefined): Promise<void> {
    await this.asOwner((place) => setPolicy(place, serviceName(service), policy));
  }

  /** Gives a service new keys. @param grace seconds for which leaves under the keys before stay good */
  async rotate(service: string, grace: number): Promise<void> {
    const paths = this.home.service(serviceName(service));
    const place = { identity: new IdentityFile(paths.identity), recovery: new RecoveryFile(paths.recovery) };
    await rotateStored(place, { grace, now: seconds() });
  }

  async join(service: string, options: Partial<JoinOptions> = {}): Promise<Mesh> {
    const mesh = await join({ service, home: this.path, ...options });
    this.onEnd(() => mesh.close());
    return mesh;
  }

  /** An instance that serves HTTP. */
  async serve(service: string, listener: RequestListener, options: Partial<JoinOptions> = {}): Promise<Served> {
    const mesh = await this.join(service, options);
    const server = mesh.createServer(listener);
    await listening(server);
    return { mesh, server };
  }

  /** An instance that takes channels and says whatever it likes on them. */
  async serveRaw(service: string, onChannel: (channel: Channel) => void): Promise<void> {
    const options = readOptions({ service, home: this.path });
    const announcer = new Announcer();
    const ground = await openGround(options, announcer);
    const { identity, trust } = ground;
    const credentials = await RotatingCredentials.start({
      issuer: new LocalIssuer({ keys: () => identity.keys(), instance: options.instance, ttl: 3600 }),
      ...{ clock: options.clock, chance: () => 0.5, onFailure: () => undefined },
    });
    const incoming = new Incoming({ ground, credentials, options, announcer, authenticator: trust, onRefused: () => undefined });
    const open = new Set<Channel>();
    const take = (channel: Channel): void => {
      open.add(channel);
      onChannel(channel);
    };
    await incoming.listen({ protocols: ['themis-http/1'], port: 0, host: undefined, onChannel: take });
    this.onEnd(async () => {
      for (const channel of open) channel.cut();
      await incoming[Symbol.asyncDispose]();
      credentials[Symbol.dispose]();
      await ground[Symbol.asyncDispose]();
    });
  }

  /** A connection to a mesh listener as an instance of a service, on which a test writes whatever it likes. */
  async channel(service: string, port: number, protocol: Protocol = 'themis-http/1'): Promise<Channel> {
    const options = readOptions({ service, home: this.path });
    await using ground = await openGround(options, new Announcer());
    const issuer = new LocalIssuer({ keys: () => ground.identity.keys(), instance: options.instance, ttl: 3600 });
    const credentials = new SwappableCredentials(await issuer.issue(seconds()));
    const address = { host: '127.0.0.1', port };
    return await dial({ address, protocol, credentials, authenticator: ground.trust, expect: () => undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await rm(this.path, { recursive: true, force: true });
  }

  /** Stores a record in which a service says whatever a test wants it to. */
  async storeNotice(service: string, ext: Json): Promise<void> {
    const name = serviceName(service);
    const stored = await new IdentityFile(this.home.service(name).identity).read();
    if (stored === undefined) throw new TypeError(`${service} has no identity`);
    const { history, signers } = stored;
    const now = seconds();
    const claims = {
      app: this.app,
      id: history.id,
      name,
      key: history.seq,
      seq: now,
      iat: now,
      exp: now + 600,
      alpn: ['x'],
      ext,
    };
    const { bytes } = await signServiceRecord(claims, signers);
    await this.asOwner(({ directory }) => directory.store({ key: { kind: 'service', id: history.id }, bytes }));
  }

  async asOwner<T>(act: (place: Workplace & { readonly directory: Directory }) => Promise<T>): Promise<T> {
    const now = seconds();
    await using directory = openHomeDirectory(this.home, this.app, () => now, await this.home.directoryFolder());
    return await act({ home: this.home, directory, now });
  }
}

export interface Served {
  readonly mesh: Mesh;
  readonly server: MeshServer;
}

export function listening(server: MeshServer, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export function serviceName(text: string): ServiceName {
  const name = ServiceName.parse(text);
  if (name === undefined) throw new TypeError(`${text} is no name`);
  return name;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
