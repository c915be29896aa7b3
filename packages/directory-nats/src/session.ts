import { ThemisError } from '@themis-mesh/core';
import { jetstream, StorageType, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { isMissing } from './nats-errors.ts';
import type { LinkOptions } from './options.ts';
import { BUCKET_PLANS, type BucketKind } from './places.ts';

/** One connection to a server, and the buckets behind it. */
export class Session {
  readonly connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: Promise<JetStreamManager>;
  readonly #options: LinkOptions;
  readonly #buckets = new Map<BucketKind, Promise<KV>>();
  /** When each bucket was made, as its server says: another time is another bucket. */
  readonly #made = new Map<BucketKind, string>();
  #renewal = new AbortController();

  /** @param timeoutMs of each request */
  constructor(connection: NatsConnection, options: LinkOptions, timeoutMs: number) {
    this.connection = connection;
    this.#client = jetstream(connection, { timeout: timeoutMs });
    this.#manager = this.#client.jetstreamManager(false);
    this.#options = options;
  }

  /** Ends what is followed in this session, because the connection ended or a bucket was made anew. */
  get renewed(): AbortSignal {
    return this.#renewal.signal;
  }

  renew(): void {
    const before = this.#renewal;
    this.#renewal = new AbortController();
    before.abort();
  }

  /** Looks after the buckets again before they are used: they may be gone. */
  doubt(): void {
    this.#buckets.clear();
  }

  /** Opens a bucket, and makes it where there is none. */
  bucket(kind: BucketKind): Promise<KV> {
    const known = this.#buckets.get(kind);
    if (known !== undefined) return known;
    const opened = this.#open(kind);
    this.#buckets.set(kind, opened);
    opened.catch(() => this.#buckets.delete(kind));
    return opened;
  }

  /** The keys in a bucket that fit a pattern, as far as one page of the server has them. */
  async keys(kind: BucketKind, pattern: string): Promise<readonly string[]> {
    await this.bucket(kind);
    const prefix = `$KV.${this.#name(kind)}.`;
    const { streams } = await this.#manager;
    const stream = await streams.info(`KV_${this.#name(kind)}`, { subjects_filter: prefix + pattern });
    return Object.keys(stream.state.subjects ?? {}).map((subject) => subject.slice(prefix.length));
  }

  async #open(kind: BucketKind): Promise<KV> {
    const { created, maxAge } = (await this.#look(kind)) ?? (await this.#make(kind));
    const { ttl } = BUCKET_PLANS[kind];
    if (maxAge !== 0 && (ttl === 0 || maxAge < ttl)) {
      throw new ThemisError(
        'THEMIS_DIRECTORY_INVALID',
        `the bucket ${this.#name(kind)} forgets after ${maxAge / 1000} s, too soon`,
      );
    }
    const before = this.#made.get(kind);
    this.#made.set(kind, created);
    if (before !== undefined && before !== created) this.renew();
    // Read where it is written: another server of the cluster may be behind.
    return new Kvm(this.#client).open(this.#name(kind), { allow_direct: false });
  }

  async #look(kind: BucketKind): Promise<Bucket | undefined> {
    const { streams } = await this.#manager;
    try {
      const { created, config } = await streams.info(`KV_${this.#name(kind)}`);
      return { created, maxAge: config.max_age / 1_000_000 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #make(kind: BucketKind): Promise<Bucket> {
    const { ttl, maxValueSize } = BUCKET_PLANS[kind];
    const { replicas } = this.#options;
    await new Kvm(this.#client).create(this.#name(kind), {
      ...{ history: 1, maxValueSize, replicas, storage: StorageType.File, allow_direct: true },
      ...(ttl === 0 ? {} : { ttl }),
    });
    const made = await this.#look(kind);
    if (made === undefined) throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `the bucket ${this.#name(kind)} is gone again`);
    return made;
  }

  #name(kind: BucketKind): string {
    return `${this.#options.bucketPrefix}-${kind}`;
  }
}

interface Bucket {
  readonly created: string;
  /** Milliseconds; 0 for no end. */
  readonly maxAge: number;
}
