import { canonicalJson, policyJson, type ServiceName } from '@themis-mesh/core';
import type { Log } from '../log/log.ts';
import { causeOf } from '../log/mesh-log.ts';
import { CHARTER_ALONE, type FilePolicy } from '../policy/file-policy.ts';
import { Settling } from '../policy/settling.ts';
import type { AppConfig, ServicePlan } from './config.ts';
import { showMistake } from './mistake.ts';
import { bytesOfConfig, configIn } from './read-config.ts';

export interface ReloadOptions {
  readonly config: AppConfig;
  readonly log: Log;
  /** Takes a policy that changed. */
  readonly onPolicy: (service: ServiceName, policy: FilePolicy) => Promise<void>;
  /** How often the configuration is looked at. Milliseconds; default 200. */
  readonly everyMs?: number;
}

const EVERY_MS = 200;

/** Puts the policies of a configuration in force while it is edited. A configuration with mistakes changes nothing. */
export class PolicyReload implements Disposable {
  readonly #options: ReloadOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #inForce: Map<ServiceName, string>;
  readonly #settling = new Settling();
  #seen: Uint8Array | undefined;
  #failure: string | undefined;
  #isLooking = false;

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#inForce = new Map(sidecarsOf(options.config).map(({ name, policy }) => [name, textOf(policy)]));
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /** Looks now. Does not throw. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } catch (error) {
      this.#fail(causeOf(error).message);
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const { file } = this.#options.config;
    const bytes = await bytesOfConfig(file);
    if (!this.#settling.isSettled(bytes)) return;
    if (this.#failure === undefined && this.#seen !== undefined && Buffer.compare(bytes, this.#seen) === 0) return;
    const parsed = await configIn(bytes, file);
    if (!parsed.ok) {
      this.#fail(parsed.mistakes.map((mistake) => showMistake(file, mistake)).join('; '));
      return;
    }
    await this.#take(sidecarsOf(parsed.config));
    this.#seen = bytes;
    this.#failure = undefined;
  }

  /** Told once for each way in which the file is no good. */
  #fail(failure: string): void {
    if (failure !== this.#failure) {
      this.#options.log.log('error', 'the configuration is no good, and changes nothing', { mistakes: failure });
    }
    this.#failure = failure;
  }

  async #take(services: readonly ServicePlan[]): Promise<void> {
    for (const { name, policy } of services) {
      const text = textOf(policy);
      // A service that was not there at the start is not run either.
      if (!this.#inForce.has(name) || this.#inForce.get(name) === text) continue;
      await this.#options.onPolicy(name, policy ?? CHARTER_ALONE);
      this.#inForce.set(name, text);
      this.#options.log.log('info', `${name}: the policy was replaced`);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function sidecarsOf({ services }: AppConfig): readonly ServicePlan[] {
  return services.filter(({ mesh }) => mesh === 'sidecar');
}

function textOf(policy: ServicePlan['policy'] = CHARTER_ALONE): string {
  return policy === CHARTER_ALONE ? policy : canonicalJson(policyJson(policy));
}
