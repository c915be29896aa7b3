import { ThemisError, type IdentityId, type InstanceRecord } from '@themis-mesh/core';
import type { Clock, Protocol } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import { OneAtATime } from '../world/one-at-a-time.ts';
import { traitsOf } from './instance-traits.ts';
import { makeTarget, type Target } from './target.ts';

export interface ServiceInstancesOptions {
  readonly id: IdentityId;
  readonly directory: Directory;
  /** Of the app that has the service. */
  readonly reader: Pick<DirectoryReader, 'instances' | 'seenInstance'>;
  /** Asks what the service says of itself. Does not throw. */
  readonly readNotice: () => Promise<void>;
  readonly clock: Clock;
}

/** How long an answer serves where no change is told. It serves on while the directory is asked again. */
const SERVES_MS = 10_000;

/** How long a service is watched that nobody asks for. Who knows a thousand of them, and calls one, pays for one. */
const WATCHED_MS = 30_000;

interface Known {
  readonly records: ReadonlySet<InstanceRecord>;
  readonly byProtocol: ReadonlyMap<string, readonly Target[]>;
  /** Milliseconds since 1970. */
  readonly readAt: number;
}

/** The instances of one service, kept up to date by the directory. */
export class ServiceInstances {
  readonly #options: ServiceInstancesOptions;
  readonly #looks: OneAtATime<Known>;
  readonly #followers = new Set<() => void>();
  #known: Known | undefined;
  #isWatched = false;
  /** Whether what is known may be old: nobody asked for it, so nobody watched. */
  #isAsleep = false;
  /** Milliseconds since 1970. */
  #askedAt = 0;

  constructor(options: ServiceInstancesOptions) {
    this.#options = options;
    this.#looks = new OneAtATime(() => this.#ask());
  }

  /** Those that speak a protocol. @throws ThemisError `THEMIS_DIRECTORY_UNAVAILABLE` where nothing was ever known */
  speaking(protocol: Protocol): readonly Target[] | Promise<readonly Target[]> {
    const targets = this.#known?.byProtocol.get(protocol);
    this.#askedAt = this.#options.clock.now();
    if (this.#known === undefined || targets === undefined || this.#isAsleep) return this.#lookFor(protocol);
    if (this.#askedAt - this.#known.readAt >= SERVES_MS) this.#lookAside();
    return targets;
  }

  /** Those that speak one of the protocols, as far as is known. */
  known(protocols: readonly Protocol[]): readonly Target[] {
    return [...new Set(protocols.flatMap((protocol) => this.#known?.byProtocol.get(protocol) ?? []))];
  }

  /** Calls back after each look. @returns a function that ends it */
  onLook(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Asks the directory now. @throws ThemisError `THEMIS_DIRECTORY_UNAVAILABLE` where nothing was ever known */
  async look(): Promise<void> {
    await this.#looks.now();
  }

  /**
   * Looks whenever the directory tells of a change, until the signal, or until nobody has asked for a while. Does nothing where
   * it does so already.
   */
  watch(signal: AbortSignal): void {
    if (this.#isWatched || signal.aborted) return;
    this.#isWatched = true;
    void this.#follow(signal);
  }

  async #lookFor(protocol: Protocol): Promise<readonly Target[]> {
    const { byProtocol } = await this.#looks.now();
    return byProtocol.get(protocol) ?? [];
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { directory, reader, id } = this.#options;
    const unasked = new AbortController();
    const callOff = this.#whenUnasked(() => {
      this.#isAsleep = true;
      unasked.abort();
    });
    try {
      // A look that calls wait for goes first. What changes meanwhile is told: a watch begins with what is there.
      await this.#looks.underWay?.catch(() => undefined);
      const until = AbortSignal.any([signal, unasked.signal]);
      for await (const record of directory.watch({ kind: 'instances', id }, until)) {
        // So that it is mostly what was just read.
        const seen = reader.seenInstance(record);
        if (seen === undefined || this.#known?.records.has(seen) !== true) this.#lookAside();
      }
    } catch {
      // The next call watches again, and looks, at the latest, when the answer no longer serves.
    } finally {
      callOff();
      this.#isWatched = false;
    }
  }

  /** @returns a function that calls it off */
  #whenUnasked(run: () => void): () => void {
    const { clock } = this.#options;
    const look = (): void => {
      const left = this.#followers.size > 0 ? WATCHED_MS : this.#askedAt + WATCHED_MS - clock.now();
      if (left <= 0) run();
      else callOff = clock.after(left, look);
    };
    let callOff = clock.after(WATCHED_MS, look);
    return () => {
      callOff();
    };
  }

  /** Nobody waits for it: what it finds serves the next call. */
  #lookAside(): void {
    this.#looks.now().catch(() => undefined);
  }

  async #ask(): Promise<Known> {
    const { id, reader, readNotice, clock } = this.#options;
    const answer = await reader.instances(id);
    // Nobody waits for it: who is gone is to be known at once.
    void readNotice();
    const before = this.#known;
    if (answer.outcome === 'unavailable' && before === undefined) {
      throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', answer.error.message, { cause: answer.error });
    }
    // Without a directory, services that know each other go on, past the end of their records: who is there, the dial proves.
    const found = answer.outcome === 'found' ? answer.value : [];
    const held = answer.outcome === 'unavailable' && before !== undefined ? before : sortByProtocol(found);
    this.#known = { ...held, readAt: clock.now() };
    this.#isAsleep = false;
    for (const follower of [...this.#followers]) follower();
    return this.#known;
  }
}

function sortByProtocol(records: readonly InstanceRecord[]): Omit<Known, 'readAt'> {
  const byProtocol = new Map<string, Target[]>();
  for (const record of records) {
    const { id, instance, endpoints } = record;
    const traits = traitsOf(record);
    for (const endpoint of endpoints) {
      const target = makeTarget(id, instance, endpoint, traits);
      for (const protocol of endpoint.alpn) byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), target]);
    }
  }
  return { records: new Set(records), byProtocol };
}
