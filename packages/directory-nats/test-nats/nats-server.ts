import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@themis-mesh/testkit';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

export interface ServerPlan {
  /** Of the program. */
  readonly path: string;
  readonly port: number;
  /** More of its configuration. */
  readonly more?: string;
  readonly name?: string;
}

/** A `nats-server` with JetStream on loopback, in a folder of its own. It can be stopped and started again on what it kept. */
export class NatsServer implements AsyncDisposable {
  readonly url: string;
  readonly #plan: ServerPlan;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #said = '';

  private constructor(plan: ServerPlan, folder: string) {
    this.#plan = plan;
    this.#folder = folder;
    this.url = `nats://127.0.0.1:${plan.port}`;
  }

  static async prepare(plan: ServerPlan): Promise<NatsServer> {
    return new NatsServer(plan, await mkdtemp(join(tmpdir(), 'themis-nats-')));
  }

  static async start(path: string, more = ''): Promise<NatsServer> {
    const [port = 0] = await freePorts(1);
    const server = await NatsServer.prepare({ path, port, more });
    await server.start();
    return server;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const { path, port, more = '', name = 'one' } = this.#plan;
    const config = join(this.#folder, 'server.conf');
    const text = `server_name: ${name}\nlisten: "127.0.0.1:${port}"\njetstream { store_dir: "${join(this.#folder, 'store')}" }\n${more}`;
    await writeFile(config, text);
    this.#said = '';
    const child = spawn(path, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.on('data', (data: Buffer) => (this.#said += data.toString()));
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(this.#said);
        return this.#said.includes('Server is ready');
      },
      'the server to be ready',
      20_000,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it, and leaves what it kept. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Forgets what it kept. Only while it is stopped. */
  async forget(): Promise<void> {
    await rm(join(this.#folder, 'store'), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Three servers that keep what they are given together. */
export class NatsCluster implements AsyncDisposable {
  readonly servers: readonly NatsServer[];

  private constructor(servers: readonly NatsServer[]) {
    this.servers = servers;
  }

  static async start(path: string): Promise<NatsCluster> {
    const ports = await freePorts(6);
    const routes = ports.slice(3).map((port) => `"nats://127.0.0.1:${port}"`);
    const servers = await Promise.all(
      [0, 1, 2].map((index) => {
        const more = `cluster { name: three, listen: "127.0.0.1:${ports[3 + index] ?? 0}", routes: [${routes.join(', ')}] }\n`;
        return NatsServer.prepare({ path, port: ports[index] ?? 0, more, name: `n${index}` });
      }),
    );
    const cluster = new NatsCluster(servers);
    await Promise.all(servers.map((server) => server.start()));
    await waitFor(() => cluster.#hasLeader(), 'the cluster to have a leader', 30_000);
    return cluster;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Whether JetStream has a leader. */
  async #hasLeader(): Promise<boolean> {
    return (await this.#ask((manager) => manager.getAccountInfo())) !== undefined;
  }

  /** Whether each bucket has a leader and two others that are not behind. */
  async isWhole(): Promise<boolean> {
    const streams = await this.#ask((manager) => manager.streams.list().next());
    const isWhole = streams?.every(({ cluster }) => {
      const replicas = cluster?.replicas ?? [];
      return cluster?.leader !== undefined && replicas.filter(({ current, offline }) => current && offline !== true).length === 2;
    });
    return isWhole === true;
  }

  async #ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T | undefined> {
    const connection = await connect({ servers: [...this.urls], reconnect: false }).catch(() => undefined);
    try {
      return connection && (await question(await jetstreamManager(connection, { timeout: 1000, checkAPI: false })));
    } catch {
      return undefined;
    } finally {
      await connection?.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
