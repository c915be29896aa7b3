import type { ServiceName } from '@themis-mesh/core';
import { ThemisError } from '@themis-mesh/core';
import {
  dial,
  expectService,
  isWorthAnotherTry,
  judgeAgain,
  type Authenticator,
  type Authorizer,
  type Channel,
  type Clock,
  type CredentialSource,
  type Protocol,
} from '@themis-mesh/channel';
import type { Balancer, Target } from './balancer.ts';

/** Where the instances of a service are. */
export interface TargetSource {
  /** Those that speak a protocol. Waits for the directory where nothing is known yet. @throws ThemisError `THEMIS_NAME_UNKNOWN`, `THEMIS_DIRECTORY_UNAVAILABLE` */
  targets(service: ServiceName, protocol: Protocol): Promise<readonly Target[]>;
  /** Asks for news of the app and of the service: a peer was refused, or refused us, for a reason that news may turn. */
  refresh(service: ServiceName): Promise<void>;
}

export interface DialerOptions {
  readonly targets: TargetSource;
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly onFailure: (service: ServiceName, target: Target, error: ThemisError) => void;
}

/** How long a target is passed over that could not be reached. */
const AVOID_MS = 5000;

/** How many targets are tried for one call. */
const MOST_TRIES = 4;

/** Opens channels to whichever instance of a service is well. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #open = new Map<Channel, Authorizer>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  get credentials(): CredentialSource {
    return this.#options.credentials;
  }

  /**
   * Runs something on a target, and on another where nothing of it was sent: the dial failed, or was refused for a reason
   * that news may turn.
   *
   * @throws ThemisError the last failure, or `THEMIS_NO_INSTANCE`
   */
  async onTarget<T>(service: ServiceName, protocol: Protocol, run: (target: Target) => Promise<T>, mayRepeat: (error: unknown) => boolean): Promise<T> {
    const { targets, balancer } = this.#options;
    const tried = new Set<string>();
    let failure: unknown;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const target = balancer.pick(await targets.targets(service, protocol), tried);
      if (target === undefined) break;
      const end = balancer.begin(target);
      try {
        return await run(target);
      } catch (error) {
        if (!mayRepeat(error)) throw error;
        failure = error;
        tried.add(target.key);
        await this.#learn(service, target, error);
      } finally {
        end();
      }
    }
    throw failure ?? new ThemisError('THEMIS_NO_INSTANCE', `${service} over ${protocol}`);
  }

  /** Opens a channel to some instance. @throws ThemisError as `dial` does, and `THEMIS_NO_INSTANCE` */
  open(service: ServiceName, protocol: Protocol, signal?: AbortSignal): Promise<Channel> {
    return this.onTarget(service, protocol, (target) => this.dial(service, protocol, target, signal), isWorthAnotherTry);
  }

  /** Opens a channel to one instance, and expects the service there. */
  async dial(service: ServiceName, protocol: Protocol, target: Target, signal?: AbortSignal): Promise<Channel> {
    const { credentials, authenticator, clock } = this.#options;
    const expect = expectService(service);
    const channel = await dial({ address: target.endpoint, protocol, credentials, authenticator, expect, signal, clock });
    this.#open.set(channel, expect);
    channel.onState((state) => {
      if (state.is === 'closed') this.#open.delete(channel);
    });
    return channel;
  }

  /** Judges every channel that was opened here again, by what is believed now. */
  judgeAgain(): void {
    const { authenticator, clock } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    for (const [channel, expect] of this.#open) channel.judgeAgain(judgeAgain(authenticator, expect, now));
  }

  async #learn(service: ServiceName, target: Target, error: unknown): Promise<void> {
    this.#options.balancer.avoid(target, AVOID_MS);
    if (!ThemisError.is(error)) return;
    this.#options.onFailure(service, target, error);
    if (error.refusal !== undefined) await this.#options.targets.refresh(service);
  }
}
