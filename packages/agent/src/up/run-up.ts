import { randomInt } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { ServiceName } from '@themis-mesh/core';
import { Home } from '@themis-mesh/storage';
import { hearSignals } from '../child/stop-signals.ts';
import { causeOf } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import type { AppConfig, ServicePlan } from './config.ts';
import { launch, type LaunchPad } from './launch.ts';
import { removePolicies, writePolicy } from './policy-files.ts';
import { PolicyReload } from './policy-reload.ts';
import { PrefixedOutput } from './prefixed-output.ts';
import { withObserving, type ObserveAll } from './observe-all.ts';
import { Replica } from './replica.ts';
import { TRAFFIC_VARIABLE, TrafficRules } from './traffic-rules.ts';
import { requireNoOther, UpPlace, type InstanceStatus } from './up-state.ts';

/** What `up` has around it: the process that it runs in. */
export interface UpSurroundings {
  /** How the `themis` command is run: Node, its options, and the script. */
  readonly themis: readonly string[];
  /** Options of `themis run` that all sidecars get: how they log. */
  readonly sidecarFlags: readonly string[];
  /** What sidecars tell of themselves whose services say nothing of it. */
  readonly observe?: ObserveAll | undefined;
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Emits signals by their names: `process`. */
  readonly signals: EventEmitter;
  readonly log: Log;
  readonly out: Writable;
  readonly err: Writable;
  readonly colours: boolean;
  /** Whether the others go on when one has died too often. */
  readonly keepGoing: boolean;
  /** Makes the identities that are missing, in the order given. Runs once, before anything is started. */
  readonly prepare: (services: readonly ServiceName[]) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears once that all are ready. */
  readonly onReady?: () => void;
}

/**
 * Runs all services of an app until a signal asks to stop, or until none is left.
 *
 * @returns 0; 1 where a service died too often
 * @throws ThemisError THEMIS_ALREADY_RUNNING, and what `prepare` throws
 */
export async function runUp(config: AppConfig, around: UpSurroundings): Promise<number> {
  const home = Home.at(around.home);
  const file = resolve(config.file);
  const since = Math.floor(around.now() / 1000);
  // Before anything is made; and once more when the place is taken, which only one can.
  await requireNoOther(home);
  await around.prepare(config.services.map(({ name }) => name));
  const place = await UpPlace.take(home, file, since);
  try {
    for (const { name, policy } of config.services) await writePolicy(around.home, name, policy);
    using _reload = new PolicyReload({
      ...{ config, log: around.log },
      onPolicy: (service, policy) => writePolicy(around.home, service, policy),
    });
    using traffic = await TrafficRules.begin(home, file, config.traffic, around.log);
    const { nodes } = config;
    const named = nodes.length > 0 ? { THEMIS_NODES: nodes.join(',') } : {};
    const environment = { ...around.environment, ...named, [TRAFFIC_VARIABLE]: traffic.path };
    const pad = { ...around, environment, folder: dirname(file) };
    const up = new Up(config, around, pad, (instances) => place.tell(file, since, instances));
    return await up.run();
  } finally {
    await removePolicies(around.home);
    await place.leave();
  }
}

/** A service that has begun, or will not. */
interface Begun {
  readonly isReady: boolean;
  /** Its end, for good. */
  readonly over: Promise<unknown>;
}

class Up {
  readonly #around: UpSurroundings;
  readonly #services: readonly { readonly plan: ServicePlan; readonly replicas: readonly Replica[] }[];
  readonly #ports = new Map<Replica, number>();
  readonly #tell: (instances: readonly InstanceStatus[]) => Promise<void>;
  readonly #stop = Promise.withResolvers<undefined>();
  #told: Promise<void> = Promise.resolve();
  /** How many there are among the instances that were counted so far. */
  #sidecars = 0;
  #gaveUp = false;
  #isStopping = false;

  constructor(
    config: AppConfig,
    around: UpSurroundings,
    pad: LaunchPad,
    tell: (instances: readonly InstanceStatus[]) => Promise<void>,
  ) {
    this.#around = around;
    this.#tell = tell;
    const width = Math.max(...config.services.map(({ name, replicas }) => labelOf(name, replicas, replicas).length));
    const out = new PrefixedOutput(around.out, width, around.colours);
    const err = new PrefixedOutput(around.err, width, around.colours);
    this.#services = config.services.map((plan) => ({
      plan,
      replicas: Array.from({ length: plan.replicas }, (_, index) => this.#replicaOf(plan, index, pad, { out, err })),
    }));
  }

  async run(): Promise<number> {
    const deaf = hearSignals(this.#around.signals, {
      onStop: () => {
        this.#onStop();
      },
      onPassed: () => undefined,
    });
    // Waits of this process alone keep it alive: between two tries there may be no child.
    const alive = setInterval(() => undefined, 2 ** 30);
    try {
      const begun = this.#services.map(({ plan, replicas }) => this.#begin(plan, replicas));
      void this.#announce(begun);
      const over = Promise.all(begun).then((runs) => Promise.all(runs.map(({ over: last }) => last)));
      await Promise.race([over, this.#stop.promise]);
      await this.#stopAll();
      return this.#gaveUp ? 1 : 0;
    } finally {
      clearInterval(alive);
      deaf();
    }
  }

  /** Once all are ready, and whoever asks from outside sees that too. */
  async #announce(begun: readonly Promise<Begun>[]): Promise<void> {
    const all = await Promise.all(begun);
    await this.#told;
    if (all.every(({ isReady }) => isReady)) this.#around.onReady?.();
  }

  /** Starts a service when all that it depends on has begun. */
  async #begin(plan: ServicePlan, replicas: readonly Replica[]): Promise<Begun> {
    const before = this.#services.filter((other) => plan.dependsOn.includes(other.plan.name)).flatMap((other) => other.replicas);
    const haveBegun = await Promise.all(before.map((replica) => replica.begun));
    if (!haveBegun.every(Boolean)) {
      if (!this.#isStopping) this.#around.log.log('error', `${plan.name}: not started, because what it depends on did not begin`);
      await Promise.all(replicas.map((replica) => replica.stop()));
      return { isReady: false, over: Promise.resolve() };
    }
    const over = Promise.all(replicas.map((replica) => replica.run()));
    const ready = await Promise.all(replicas.map((replica) => replica.begun));
    return { isReady: ready.every(Boolean), over };
  }

  #replicaOf(
    plan: ServicePlan,
    index: number,
    pad: LaunchPad,
    outputs: { readonly out: PrefixedOutput; readonly err: PrefixedOutput },
  ): Replica {
    const label = labelOf(plan.name, index + 1, plan.replicas);
    const number = this.#sidecars;
    if (plan.mesh === 'sidecar') this.#sidecars += 1;
    const replica: Replica = new Replica({
      plan,
      label,
      log: this.#around.log,
      now: this.#around.now,
      chance: () => randomInt(1_000_000) / 1_000_000,
      launch: async () => {
        const port = plan.port === 'auto' ? await freePort() : plan.port === undefined ? undefined : plan.port + index;
        if (port !== undefined) this.#ports.set(replica, port);
        const launched = await launch(withObserving(plan, number, this.#around.observe), port, pad);
        if (launched.outputs.out !== null) outputs.out.take(label, launched.outputs.out);
        if (launched.outputs.err !== null) outputs.err.take(label, launched.outputs.err);
        return launched;
      },
      onState: () => {
        this.#onState(replica);
      },
    });
    return replica;
  }

  #onState(replica: Replica): void {
    const { state } = replica;
    if (state.is === 'ended' && state.because === 'gave-up') {
      this.#gaveUp = true;
      if (!this.#around.keepGoing) this.#stop.resolve(undefined);
    }
    const instances = this.#services.flatMap(({ plan, replicas }) =>
      replicas.map((each, index) => statusOf(plan.name, index + 1, each, this.#ports.get(each))),
    );
    this.#told = this.#tell(instances).catch((error: unknown) => {
      this.#around.log.log('warn', 'run/up.json is not written', causeOf(error));
    });
  }

  #onStop(): void {
    if (this.#isStopping) for (const { replicas } of this.#services) for (const replica of replicas) replica.hurry();
    this.#stop.resolve(undefined);
  }

  /** The last first: whatever depends on something is gone before it goes. */
  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    for (const { replicas } of [...this.#services].reverse()) await Promise.all(replicas.map((replica) => replica.stop()));
  }
}

function labelOf(name: string, number: number, replicas: number): string {
  return replicas === 1 ? name : `${name}.${number}`;
}

function statusOf(service: string, number: number, { state, restarts }: Replica, port: number | undefined): InstanceStatus {
  const report = state.is === 'ready' ? state.report : undefined;
  return {
    service,
    replica: number,
    state: state.is,
    restarts,
    ...('pid' in state ? { pid: state.pid } : {}),
    ...(port === undefined ? {} : { port }),
    ...(report?.app === undefined ? {} : { app: report.app }),
    ...(report === undefined ? {} : { mesh: report.mesh }),
    ...(report?.ingress === undefined ? {} : { ingress: report.ingress }),
    ...(report?.proxy === undefined ? {} : { proxy: report.proxy }),
    ...(report?.metrics === undefined ? {} : { metrics: report.metrics }),
  };
}

/**
 * A port of loopback that is free now. Somebody may take it before the program does: then it dies, and is started with
 * another.
 */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
