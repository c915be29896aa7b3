import { ThemisError, type IdentityId, type InstanceRecord } from '@themis-mesh/core';
import type { Clock, Protocol } from '@themis-mesh/channel';
import type { Directory, Read } from '@themis-mesh/directory';
import { OneAtATime } from '../world/one-at-a-time.ts';
import { traitsOf } from './instance-traits.ts';
import { makeTarget, type Target } from './target.ts';

export interface ServiceInstancesOptions {
  readonly id: IdentityId;
  readonly directory: Directory;
  /** Asks the directory, and believes nothing. */
  readonly read: () => Promise<Read<readonly InstanceRecord[]>>;
  /** Asks what the service says of itself. Does not throw. */
  readonly readNotice: () => Promise<void>;
  readonly clock: Clock;
}

/** How long an answer serves where no change is told. It serves on while the directory is asked again. */
const SERVES_MS = 10_000;

/** How long a service is watched that nobody asks for. Who knows a thousand of them, and calls one, pays for one. */
const WATCHED_MS = 30_000;

interface Known {
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
    const { directory, id } = this.#options;
    const unasked = new AbortController();
    const callOff = this.#whenUnasked(() => {
      this.#isAsleep = true;
      unasked.abort();
    });
    try {
      const until = AbortSignal.any([signal, unasked.signal]);
      for await (const _ of directory.watch({ kind: 'instances', id }, until)) this.#lookAside();
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
    const { read, readNotice, clock } = this.#options;
    const answer = await read();
    // Nobody waits for it: who is gone is to be known at once.
    void readNotice();
    const before = this.#known;
    if (answer.outcome === 'unavailable' && before === undefined) {
      throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', answer.error.message, { cause: answer.error });
    }
    // Without a directory, services that know each other go on, past the end of their records: who is there, the dial proves.
    const records = answer.outcome === 'found' ? answer.value : [];
    const byProtocol = answer.outcome === 'unavailable' && before !== undefined ? before.byProtocol : sortByProtocol(records);
    this.#known = { byProtocol, readAt: clock.now() };
    this.#isAsleep = false;
    for (const follower of [...this.#followers]) follower();
    return this.#known;
  }
}

function sortByProtocol(records: readonly InstanceRecord[]): ReadonlyMap<string, readonly Target[]> {
  const byProtocol = new Map<string, Target[]>();
  for (const record of records) {
    const { id, instance, endpoints } = record;
    const traits = traitsOf(record);
    for (const endpoint of endpoints) {
      const target = makeTarget(id, instance, endpoint, traits);
      for (const protocol of endpoint.alpn) byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), target]);
    }
  }
  return byProtocol;
}
