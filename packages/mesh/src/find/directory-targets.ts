import { TargetName, ThemisError, type IdentityId, type NamedService, type ServiceRecord, type Trust } from '@themis-mesh/core';
import type { Clock, Protocol } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import type { Target } from './balancer.ts';
import type { Follower } from '../channels.ts';
import type { TargetSource } from './errands.ts';
import { ServiceInstances } from './service-instances.ts';

export interface DirectoryTargetsOptions {
  readonly trust: Trust;
  /** Reads the directory as far as it is of one app. */
  readonly readerOf: (app: IdentityId) => DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Asks for news of the app, and of the one that has the service. Does not throw. */
  readonly refreshApp: (service: TargetName) => Promise<void>;
  /** Hears what services that are called say of themselves; undefined where that is nothing. */
  readonly onNotice: (service: TargetName, record: ServiceRecord | undefined) => void;
}

/** The instances of the service that has a name now. */
interface Held {
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly instances: ServiceInstances;
}

/** The instances of services, kept up to date by the directory for those that were asked for. */
export class DirectoryTargets implements TargetSource, Disposable {
  readonly #options: DirectoryTargetsOptions;
  readonly #services = new Map<TargetName, Held>();
  readonly #ended = new AbortController();

  constructor(options: DirectoryTargetsOptions) {
    this.#options = options;
  }

  targets(service: TargetName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    const named = this.#options.trust.serviceOf(service);
    return named === undefined ? this.#targetsOfStranger(service, protocol) : this.#targetsOf(service, named, protocol);
  }

  async refresh(service: TargetName): Promise<void> {
    const { trust, refreshApp } = this.#options;
    await refreshApp(service);
    const named = trust.serviceOf(service);
    // What is known serves on; whoever asked goes on to a call that says what is wrong.
    if (named !== undefined)
      await this.#instancesOf(service, named)
        .look()
        .catch(() => undefined);
  }

  /** Tells of the instances of a service, as soon as any are known and after each look. @returns a function that ends it */
  follow(service: TargetName, protocols: readonly Protocol[], { onTargets, onFailure }: Follower): () => void {
    let isOver = false;
    let end = (): unknown => (isOver = true);
    const begin = async (): Promise<void> => {
      // Asks for news of a name that nobody knows yet.
      await this.targets(service, protocols[0] ?? 'themis-tcp/1');
      const named = this.#options.trust.serviceOf(service);
      if (isOver || named === undefined) return;
      const instances = this.#instancesOf(service, named);
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

  #targetsOf(name: TargetName, named: NamedService, protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    const instances = this.#instancesOf(name, named);
    const targets = instances.speaking(protocol);
    instances.watch(this.#ended.signal);
    return targets;
  }

  /** Of a name that the charters held do not know, news are asked for first. */
  async #targetsOfStranger(service: TargetName, protocol: Protocol): Promise<readonly Target[]> {
    const { trust, refreshApp } = this.#options;
    await refreshApp(service);
    const named = trust.serviceOf(service);
    if (named === undefined) throw unknown(service, trust);
    return this.#targetsOf(service, named, protocol);
  }

  /** Of the identity that has the name now, in the app that is asked for: another one has other instances. */
  #instancesOf(name: TargetName, named: NamedService): ServiceInstances {
    const { app, member } = named;
    const held = this.#services.get(name);
    if (held?.app === app && held.id === member.id) return held.instances;
    const { readerOf, directory, clock } = this.#options;
    const readNotice = (): Promise<void> => this.#readNotice(name, named);
    const instances = new ServiceInstances({ id: member.id, directory, reader: readerOf(app), readNotice, clock });
    this.#services.set(name, { app, id: member.id, instances });
    return instances;
  }

  async #readNotice(name: TargetName, { app, member }: NamedService): Promise<void> {
    const { readerOf, onNotice } = this.#options;
    const read = await readerOf(app)
      .service(member.id)
      .catch(() => undefined);
    // Without an answer, what was heard before holds.
    if (read === undefined || read.outcome === 'unavailable') return;
    onNotice(name, read.outcome === 'found' && read.value.name === member.name ? read.value : undefined);
  }
}

/** Whether there is no such service, or nothing was heard yet of the app that should have it. */
function unknown(name: TargetName, trust: Trust): ThemisError {
  const { alias } = TargetName.partsOf(name);
  const app = alias === undefined ? undefined : trust.app.charter.importByAlias(alias)?.app;
  if (app === undefined || trust.appState(app) !== undefined) return new ThemisError('THEMIS_NAME_UNKNOWN', name);
  return new ThemisError('THEMIS_APP_UNSEEN', `${app}, imported as ${alias ?? ''}`);
}
