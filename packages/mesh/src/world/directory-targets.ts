import { ThemisError, type IdentityId, type InstanceRecord, type ServiceName, type Trust } from '@themis-mesh/core';
import type { Clock, Protocol } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import { makeTarget, type Target } from '../find/balancer.ts';
import type { TargetSource } from '../find/dialer.ts';

export interface DirectoryTargetsOptions {
  readonly trust: Trust;
  readonly reader: DirectoryReader;
  readonly directory: Directory;
  readonly clock: Clock;
  /** Asks for news of the app. */
  readonly refreshApp: () => Promise<void>;
}

/** How long an answer serves where no change is told. */
const SERVES_MS = 10_000;

interface Known {
  readonly byProtocol: ReadonlyMap<string, readonly Target[]>;
  /** Milliseconds since 1970. */
  readonly readAt: number;
}

/** The instances of services, kept up to date by the directory for those that were asked for. */
export class DirectoryTargets implements TargetSource {
  readonly #options: DirectoryTargetsOptions;
  readonly #known = new Map<IdentityId, Known>();
  readonly #reading = new Map<IdentityId, Promise<Known>>();
  readonly #watched = new Set<IdentityId>();
  readonly #ended = new AbortController();

  constructor(options: DirectoryTargetsOptions) {
    this.#options = options;
  }

  async targets(service: ServiceName, protocol: Protocol): Promise<readonly Target[]> {
    const id = await this.#resolve(service);
    this.#watch(id);
    const known = this.#known.get(id);
    const served = known === undefined || !this.#serves(known) ? NONE : targetsOf(known, protocol);
    return served.length > 0 ? served : targetsOf(await this.#read(id), protocol);
  }

  async refresh(service: ServiceName): Promise<void> {
    await this.#options.refreshApp();
    const member = this.#options.trust.app.charter.memberByName(service);
    if (member !== undefined) await this.#read(member.id);
  }

  close(): void {
    this.#ended.abort();
  }

  /** Who holds a name. Of a name that the charter held does not know, news are asked for first. */
  async #resolve(service: ServiceName): Promise<IdentityId> {
    const { trust, refreshApp } = this.#options;
    const member = trust.app.charter.memberByName(service);
    if (member !== undefined) return member.id;
    await refreshApp();
    const joined = trust.app.charter.memberByName(service);
    if (joined === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', service);
    return joined.id;
  }

  #serves(known: Known): boolean {
    return this.#options.clock.now() - known.readAt < SERVES_MS;
  }

  /** One look at a time for each service, however many ask. */
  #read(id: IdentityId): Promise<Known> {
    const underWay = this.#reading.get(id);
    if (underWay !== undefined) return underWay;
    const reading = this.#ask(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #ask(id: IdentityId): Promise<Known> {
    const { reader, clock } = this.#options;
    const read = await reader.instances(id);
    const before = this.#known.get(id);
    if (read.outcome === 'unavailable') {
      // Services that know each other go on without a directory.
      if (before !== undefined) return before;
      throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', read.error.message);
    }
    const known = { byProtocol: sort(read.outcome === 'found' ? read.value : []), readAt: clock.now() };
    this.#known.set(id, known);
    return known;
  }

  #watch(id: IdentityId): void {
    if (this.#watched.has(id)) return;
    this.#watched.add(id);
    void this.#follow(id);
  }

  async #follow(id: IdentityId): Promise<void> {
    try {
      for await (const _ of this.#options.directory.watch({ kind: 'instances', id }, this.#ended.signal)) await this.#read(id);
    } catch {
      // The next call reads again, at the latest when the answer no longer serves.
    } finally {
      this.#watched.delete(id);
    }
  }
}

const NONE: readonly Target[] = [];

function targetsOf(known: Known, protocol: Protocol): readonly Target[] {
  return known.byProtocol.get(protocol) ?? NONE;
}

/** What is dialled by each protocol. A record that ends meanwhile is gone with the next look, seconds later. */
function sort(records: readonly InstanceRecord[]): ReadonlyMap<string, readonly Target[]> {
  const byProtocol = new Map<string, Target[]>();
  for (const { id, instance, endpoints } of records) {
    for (const endpoint of endpoints) {
      const target = makeTarget(id, instance, endpoint);
      for (const protocol of endpoint.alpn) byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), target]);
    }
  }
  return byProtocol;
}
