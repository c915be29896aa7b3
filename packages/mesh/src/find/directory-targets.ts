import { ThemisError, type IdentityId, type ServiceName, type Trust } from '@themis-mesh/core';
import type { Clock, Protocol } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import type { Target } from './balancer.ts';
import type { Follower } from '../channels.ts';
import type { TargetSource } from './errands.ts';
import { ServiceInstances } from './service-instances.ts';

export interface DirectoryTargetsOptions {
  readonly trust: Trust;
  readonly reader: DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Asks for news of the app. Does not throw. */
  readonly refreshApp: () => Promise<void>;
}

/** The instances of services, kept up to date by the directory for those that were asked for. */
export class DirectoryTargets implements TargetSource, Disposable {
  readonly #options: DirectoryTargetsOptions;
  readonly #services = new Map<IdentityId, ServiceInstances>();
  readonly #ended = new AbortController();

  constructor(options: DirectoryTargetsOptions) {
    this.#options = options;
  }

  targets(service: ServiceName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    const member = this.#options.trust.app.charter.memberByName(service);
    return member === undefined ? this.#targetsOfStranger(service, protocol) : this.#targetsOf(member.id, protocol);
  }

  async refresh(service: ServiceName): Promise<void> {
    const { trust, refreshApp } = this.#options;
    await refreshApp();
    const member = trust.app.charter.memberByName(service);
    // What is known serves on; whoever asked goes on to a call that says what is wrong.
    if (member !== undefined)
      await this.#instancesOf(member.id)
        .look()
        .catch(() => undefined);
  }

  /** Tells of the instances of a service, as soon as any are known and after each look. @returns a function that ends it */
  follow(service: ServiceName, protocols: readonly Protocol[], { onTargets, onFailure }: Follower): () => void {
    let isOver = false;
    let end = (): unknown => (isOver = true);
    const begin = async (): Promise<void> => {
      // Asks for news of a name that nobody knows yet.
      await this.targets(service, protocols[0] ?? 'themis-tcp/1');
      const member = this.#options.trust.app.charter.memberByName(service);
      if (isOver || member === undefined) return;
      const instances = this.#instancesOf(member.id);
      const tell = (): void => {
        onTargets(instances.known(protocols));
      };
      end = instances.onLook(tell);
      tell();
    };
    begin().catch(onFailure);
    return () => {
      end();
    };
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }

  #targetsOf(id: IdentityId, protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    const instances = this.#instancesOf(id);
    instances.watch(this.#ended.signal);
    return instances.speaking(protocol);
  }

  /** Of a name that the charter held does not know, news are asked for first. */
  async #targetsOfStranger(service: ServiceName, protocol: Protocol): Promise<readonly Target[]> {
    const { trust, refreshApp } = this.#options;
    await refreshApp();
    const member = trust.app.charter.memberByName(service);
    if (member === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', service);
    return this.#targetsOf(member.id, protocol);
  }

  #instancesOf(id: IdentityId): ServiceInstances {
    const { reader, directory, clock } = this.#options;
    const held = this.#services.get(id);
    if (held !== undefined) return held;
    const instances = new ServiceInstances({ id, directory, read: () => reader.instances(id), clock });
    this.#services.set(id, instances);
    return instances;
  }
}
