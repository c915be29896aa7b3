import { canonicalJson, policyJson, type ServiceName } from '@themis-mesh/core';
import type { FollowedFile } from '../follow/followed-file.ts';
import type { Log } from '../log/log.ts';
import { causeOf } from '../log/mesh-log.ts';
import { CHARTER_ALONE, type FilePolicy } from '../policy/file-policy.ts';
import type { AppConfig, ServicePlan } from './config.ts';
import { followConfig } from './follow-config.ts';

export interface ReloadOptions {
  readonly config: AppConfig;
  readonly log: Log;
  /** Takes a policy that changed. */
  readonly onPolicy: (service: ServiceName, policy: FilePolicy) => Promise<void>;
  /** How often the configuration is looked at. Milliseconds; default 200. */
  readonly everyMs?: number;
}

/** Puts the policies of a configuration in force while it is edited. A configuration with mistakes changes nothing. */
export class PolicyReload implements Disposable {
  readonly #options: ReloadOptions;
  readonly #file: FollowedFile;
  readonly #inForce: Map<ServiceName, string>;

  constructor(options: ReloadOptions) {
    const { config, log, everyMs } = options;
    this.#options = options;
    this.#inForce = new Map(sidecarsOf(config).map(({ name, policy }) => [name, textOf(policy)]));
    const refuse = (mistakes: string): void => {
      log.log('error', 'the configuration is no good, and changes nothing', { mistakes });
    };
    this.#file = followConfig({
      file: config.file,
      onConfig: (next) => this.#take(sidecarsOf(next)),
      onMistakes: (mistakes) => {
        refuse(mistakes.join('; '));
      },
      onFailure: (error) => {
        refuse(causeOf(error).message);
      },
      everyMs,
    });
  }

  /** Looks now. Does not throw. */
  look(): Promise<void> {
    return this.#file.look();
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
    this.#file[Symbol.dispose]();
  }
}

function sidecarsOf({ services }: AppConfig): readonly ServicePlan[] {
  return services.filter(({ mesh }) => mesh === 'sidecar');
}

function textOf(policy: ServicePlan['policy'] = CHARTER_ALONE): string {
  return policy === CHARTER_ALONE ? policy : canonicalJson(policyJson(policy));
}
