import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ThemisError } from '@themis-mesh/core';
import { join, type JoinOptions, type Mesh, type PolicyOptions } from '@themis-mesh/mesh';
import { isAnswering, waitUntilAnswering } from '../app/answering.ts';
import { exposedAddresses } from '../app/exposure.ts';
import { withAppVariables } from '../child/app-variables.ts';
import { Child, statusOf, type Ending } from '../child/child.ts';
import { hearSignals, type StopSignal } from '../child/stop-signals.ts';
import { causeOf } from '../log/mesh-log.ts';
import { FollowedPolicy } from '../policy/followed-policy.ts';
import { CHARTER_ALONE, type FilePolicy } from '../policy/file-policy.ts';
import { readPolicyFile } from '../policy/policy-file.ts';
import { policyOptions } from '../policy/policy-options.ts';
import type { Log } from '../log/log.ts';
import { openDirectoryAt } from './open-directory.ts';
import type { SidecarOptions } from './options.ts';
import { Sidecar, type SidecarPorts } from './sidecar.ts';

/** What a sidecar has around it: the process that it runs in. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Emits signals by their names: `process`. */
  readonly signals: EventEmitter;
  readonly log: Log;
  /** Whether a terminal sends its signals to the app as well: they are not sent twice. */
  readonly isTerminal: boolean;
  /** Hears once that the app is served. */
  readonly onReady?: (ports: SidecarPorts, app: Child | undefined) => void;
  /** Default: {@link join}. */
  readonly join?: (options: JoinOptions) => Promise<Mesh>;
}

/** Of the time to drain, this much is left for the app to end after its signal, where requests take all the rest. */
const TAIL_MS = 2000;

/** How long an app may take to end that never answered. */
const SILENT_END_MS = 2000;

/**
 * Runs an app as an instance of a service, until it ends or a signal asks to stop.
 *
 * @returns the app's status, 128 and the number of the signal that ended it, or 0 where it was not ours to start
 * @throws ThemisError those of {@link join}; THEMIS_PORT_IN_USE, THEMIS_COMMAND_NOT_FOUND, THEMIS_APP_SILENT
 */
export async function runSidecar(options: SidecarOptions, around: Surroundings): Promise<number> {
  const run = new Run(options, around);
  const deaf = hearSignals(around.signals, {
    onStop: (signal) => {
      run.stop(signal);
    },
    onPassed: (signal) => {
      if (signal === 'SIGHUP') run.reopen();
      run.child?.signal(signal);
    },
  });
  try {
    return await run.toItsEnd();
  } finally {
    deaf();
  }
}

/** One run: where it stands is where {@link toItsEnd} stands. */
class Run {
  child: Child | undefined;
  readonly #options: SidecarOptions;
  readonly #around: Surroundings;
  readonly #stop = Promise.withResolvers<StopSignal>();
  /** Somebody asked twice: nothing more is waited for. */
  readonly #hurry = Promise.withResolvers<undefined>();
  #isStopping = false;
  #mesh: Mesh | undefined;

  constructor(options: SidecarOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
  }

  /** Begins a new file of the access log. */
  reopen(): void {
    this.#mesh?.reopenAccessLog().catch((error: unknown) => {
      this.#around.log.log('warn', 'access log not opened anew', causeOf(error));
    });
  }

  /** Asks to stop. The second time nothing is waited for any more. */
  stop(signal: StopSignal): void {
    if (this.#isStopping) this.#hurry.resolve(undefined);
    this.#isStopping = true;
    this.#stop.resolve(signal);
  }

  async toItsEnd(): Promise<number> {
    const { service, home, advertise, leafSeconds, policyFile, app, metrics, accessLog, zone, labels, weight } = this.#options;
    const first = policyFile === undefined ? undefined : await readPolicyFile(policyFile);
    const policy = first === undefined ? this.#options.policy : optionsOf(first);
    const joinMesh = this.#around.join ?? join;
    const mesh = await joinMesh({
      service,
      openDirectory: openDirectoryAt,
      ...(home === undefined ? {} : { home }),
      ...(advertise === undefined ? {} : { advertise }),
      ...(leafSeconds === undefined ? {} : { leafSeconds }),
      ...(policy === undefined ? {} : { policy }),
      ...(zone === undefined ? {} : { zone }),
      ...(labels === undefined ? {} : { labels }),
      ...(weight === undefined ? {} : { weight }),
      ...('port' in app ? { port: app.port } : {}),
      ...(metrics === undefined ? {} : { metrics }),
      ...(accessLog === undefined ? {} : { accessLog }),
    });
    this.#mesh = mesh;
    const sidecar = await Sidecar.start(this.#options, mesh, this.#around.log);
    try {
      using _ = policyFile === undefined ? undefined : await this.#follow(policyFile, mesh);
      return await this.#withSidecar(sidecar);
    } finally {
      // Only where something above was thrown: an app is not left behind without its sidecar.
      this.child?.signal('SIGKILL');
      await sidecar.close();
    }
  }

  /** A file that is no good, or gone, changes nothing. */
  #follow(file: string, mesh: Mesh): Promise<FollowedPolicy> {
    const { log } = this.#around;
    return FollowedPolicy.start({
      file,
      onPolicy: (policy) => {
        const options = optionsOf(policy);
        if (options === undefined) mesh.dropPolicy();
        else mesh.setPolicy(options);
        log.log('debug', 'policy in force', { file });
      },
      onFailure: (error) => {
        log.log('error', 'the policy is no good, and the one before stays', { file, detail: causeOf(error).message });
      },
    });
  }

  async #withSidecar(sidecar: Sidecar): Promise<number> {
    const { command } = this.#options;
    if (command.length > 0) await this.#startApp(sidecar, command);
    const ended = this.child?.ended ?? new Promise<never>(() => undefined);
    const begun = await this.#untilAnswering(sidecar, ended);
    if (begun === 'answers') {
      const ports = await sidecar.open();
      this.#around.onReady?.(ports, this.child);
      await this.#tell(sidecar, ports);
    }
    const last = await Promise.race([ended.then((ending) => ({ ending })), this.#stop.promise.then((signal) => ({ signal }))]);
    if ('signal' in last) return this.#drain(sidecar, last.signal);
    this.#around.log.log(statusOf(last.ending) === 0 ? 'info' : 'warn', 'the app has ended', { ...last.ending });
    return statusOf(last.ending);
  }

  async #startApp(sidecar: Sidecar, command: readonly string[]): Promise<void> {
    // Whoever listens there already would be served under the name of the service.
    if (await isAnswering(sidecar.app, undefined)) {
      throw new ThemisError('THEMIS_PORT_IN_USE', `something listens on ${sidecar.app.description} before the app was started`);
    }
    const environment = sidecar.environment(withAppVariables(this.#around.environment));
    this.child = await Child.start({ command, environment, stdio: 'inherit' });
  }

  /** @throws ThemisError THEMIS_APP_SILENT */
  async #untilAnswering(sidecar: Sidecar, ended: Promise<Ending>): Promise<'answers' | 'over'> {
    const { health, waitSeconds } = this.#options;
    const waiting = new AbortController();
    const outcome = await Promise.race([
      waitUntilAnswering(sidecar.app, health, AbortSignal.any([waiting.signal, AbortSignal.timeout(waitSeconds * 1000)])).then(
        (answers) => (answers ? 'answers' : 'silent'),
      ),
      ended.then(() => 'over' as const),
      this.#stop.promise.then(() => 'over' as const),
    ]);
    waiting.abort();
    if (outcome !== 'silent') return outcome;
    this.child?.signal('SIGTERM');
    await Promise.race([ended, delay(SILENT_END_MS, undefined, { ref: false })]);
    throw new ThemisError('THEMIS_APP_SILENT', `${sidecar.app.description}${health ?? ''}, for ${waitSeconds} s`);
  }

  /** Callers first, then the app: what is under way still needs it. */
  async #drain(sidecar: Sidecar, signal: StopSignal): Promise<number> {
    const { drainSeconds } = this.#options;
    const end = performance.now() + drainSeconds * 1000;
    const tail = Math.min(TAIL_MS, drainSeconds * 250);
    const ended = this.child?.ended ?? new Promise<never>(() => undefined);
    const until = (time: number): Promise<unknown> => delay(time - performance.now(), undefined, { ref: false });
    await Promise.race([sidecar.drain(), ended, this.#hurry.promise, until(end - tail)]);
    if (this.child === undefined) return 0;
    const hasItAlready = signal === 'SIGINT' && this.#around.isTerminal;
    if (!hasItAlready) this.child.signal(signal);
    await Promise.race([ended, this.#hurry.promise, until(end)]);
    if (this.child.isRunning) this.#around.log.log('warn', 'the app did not end in time and is killed', { drainSeconds });
    this.child.signal('SIGKILL');
    return statusOf(await this.child.ended);
  }

  async #tell(sidecar: Sidecar, { mesh, ingress, proxy, metrics }: SidecarPorts): Promise<void> {
    const { log } = this.#around;
    const { service, app } = this.#options;
    const ports = { mesh: mesh.port, ingress: ingress?.port, proxy, metrics: metrics?.port };
    log.log('info', 'ready', { service, app: sidecar.app.description, ...ports });
    if (metrics !== undefined && !isLoopback(metrics.address)) {
      log.log('warn', 'metrics are read by whoever reaches their port: it is not of loopback', { port: metrics.port });
    }
    if (!('port' in app)) return;
    const exposed = await exposedAddresses(app.port);
    if (exposed === undefined) log.log('info', 'not checked on this system: whether the app listens beyond loopback');
    else if (exposed.length > 0) {
      const addresses = exposed.join(' ');
      log.log('warn', 'the app listens beyond loopback: whoever reaches it there goes past the mesh', {
        port: app.port,
        addresses,
      });
    }
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

function optionsOf(policy: FilePolicy): PolicyOptions | undefined {
  return policy === CHARTER_ALONE ? undefined : policyOptions(policy);
}
