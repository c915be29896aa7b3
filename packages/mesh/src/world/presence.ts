import {
  historyBytes,
  INSTANCE_RECORD_SECONDS,
  signInstanceRecord,
  ThemisError,
  type Endpoint,
  type History,
  type IdentityId,
  type InstanceName,
  type Json,
  type RecordKey,
  type RefusalCode,
  type ServiceName,
} from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import type { Directory } from '@themis-mesh/directory';
import type { RotatingCredentials } from '../leaf/rotating-credentials.ts';
import { Repeat } from './repeat.ts';

export interface PresenceOptions {
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly name: ServiceName;
  /** The service's history, as it is now. */
  readonly history: () => History;
  readonly instance: InstanceName;
  readonly directory: Directory;
  readonly credentials: RotatingCredentials;
  readonly clock: Clock;
  /** What the instance says of itself besides where it listens. */
  readonly notes?: { readonly zone?: string | undefined; readonly ext?: Json | undefined };
  readonly onFailure: (error: unknown) => void;
}

/** How often the record is refreshed: at a third of its life. */
const REFRESH_MS = (INSTANCE_RECORD_SECONDS * 1000) / 3;

/** After a failure to store it. */
const RETRY_MS = 2000;

/** Keeps the directory told of where this instance listens, for as long as it does. */
export class Presence implements Disposable {
  readonly #options: PresenceOptions;
  readonly #endpoints = new Set<Endpoint>();
  readonly #refresh: Repeat;
  readonly #unsubscribe: () => void;
  #sequence = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#refresh = new Repeat(options.clock, () => this.#publish());
    // The record is signed by the leaf and carries it, so a new leaf needs a new record before the old leaf ends.
    this.#unsubscribe = options.credentials.onChange(() => {
      if (this.#endpoints.size > 0) void this.#refresh.now();
    });
  }

  /** Publishes one endpoint more. Resolves when the directory was told, or was found not to answer. */
  async add(endpoint: Endpoint): Promise<void> {
    this.#endpoints.add(endpoint);
    await this.#refresh.now();
  }

  /** Publishes what is left; of an instance that listens nowhere any more, just that. */
  async remove(endpoint: Endpoint): Promise<void> {
    this.#endpoints.delete(endpoint);
    await this.#refresh.now();
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#refresh[Symbol.dispose]();
  }

  async #publish(): Promise<number> {
    try {
      await this.#store();
      return REFRESH_MS;
    } catch (error) {
      this.#options.onFailure(error);
      return RETRY_MS;
    }
  }

  async #store(): Promise<void> {
    const { app, id, name, instance, directory, credentials, clock } = this.#options;
    const leaf = credentials.current;
    const now = clock.now();
    // Of the wall clock, so that it goes on after a restart; never the same twice.
    this.#sequence = Math.max(this.#sequence + 1, now);
    const iat = Math.floor(now / 1000);
    const exp = iat + INSTANCE_RECORD_SECONDS;
    const { zone, ext } = this.#options.notes ?? {};
    const notes = { ...(zone === undefined ? {} : { zone }), ...(ext === undefined ? {} : { ext }) };
    const endpoints = [...this.#endpoints];
    const claims = { app, id, name, instance, leaf: leaf.der, seq: this.#sequence, iat, exp, endpoints, ...notes };
    const statement = await signInstanceRecord(claims, leaf.signer);
    const key: RecordKey = { kind: 'instance', id, instance };
    let answer = await directory.store({ key, bytes: statement.bytes });
    if (answer.outcome === 'refused' && OF_THE_HISTORY.has(answer.refusal.code)) {
      await this.#storeHistory();
      answer = await directory.store({ key, bytes: statement.bytes });
    }
    if (answer.outcome === 'unavailable') throw answer.error;
    if (answer.outcome === 'refused') throw ThemisError.refused('THEMIS_RECORD_REFUSED', answer.refusal);
  }

  /** Who signs a record is told by the history; after a rotation, or in a directory that forgot, it is missing there. */
  async #storeHistory(): Promise<void> {
    const { id, history, directory } = this.#options;
    await directory.store({ key: { kind: 'history', id }, bytes: historyBytes(history()) });
  }
}

/** Reasons to refuse an instance's record that its service's history may turn. */
const OF_THE_HISTORY: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['history-unknown', 'leaf-key-sequence']);
