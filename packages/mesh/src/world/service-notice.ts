import {
  canonicalJson,
  signServiceRecord,
  ThemisError,
  type IdentityId,
  type Json,
  type RecordKey,
  type ServiceName,
  type ServiceTraffic,
} from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import type { Directory, DirectoryReader } from '@themis-mesh/directory';
import type { ServiceKeys } from '../leaf/leaf-issuer.ts';
import { noteJson, noteOf } from '../traffic/traffic-note.ts';
import { Repeat } from './repeat.ts';

export interface ServiceNoticeOptions {
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly keys: () => Promise<ServiceKeys>;
  readonly directory: Directory;
  readonly reader: Pick<DirectoryReader, 'service'>;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** How long a record serves. It is signed anew in the second half of that. Seconds. */
const LIFE_SECONDS = 604_800;

const LOOK_MS = 3_600_000;
const RETRY_MS = 5000;

const ALPN = ['themis-http/1'];

/**
 * Keeps the service's own record, in which it says how it wants to be called. All its instances write the same one; who says
 * something else writes the next.
 */
export class ServiceNotice implements Disposable {
  readonly #options: ServiceNoticeOptions;
  readonly #looks: Repeat;
  /** Undefined: nothing was ever said here, and what others said stays. */
  #wanted: { readonly ext: Json | undefined } | undefined;

  constructor(options: ServiceNoticeOptions) {
    this.#options = options;
    this.#looks = new Repeat(options.clock, () => this.#look());
  }

  /** @throws ThemisError `THEMIS_TRAFFIC_INVALID` for more than a record carries; what was said before stays */
  say(traffic: ServiceTraffic | undefined): void {
    const note = traffic === undefined ? undefined : noteOf(traffic);
    // Who has nothing to say need not write so, unless it said something before.
    if (note === undefined && this.#wanted === undefined) return;
    this.#wanted = { ext: note === undefined ? undefined : noteJson(note) };
    void this.#looks.now();
  }

  [Symbol.dispose](): void {
    this.#looks[Symbol.dispose]();
  }

  async #look(): Promise<number> {
    try {
      await this.#store();
      return LOOK_MS;
    } catch (error) {
      this.#options.onFailure(error);
      return RETRY_MS;
    }
  }

  async #store(): Promise<void> {
    const { app, id, name, keys, directory, reader, clock } = this.#options;
    if (this.#wanted === undefined) return;
    const { ext } = this.#wanted;
    const read = await reader.service(id);
    const held = read.outcome === 'found' ? read.value : undefined;
    const now = clock.now();
    const iat = Math.floor(now / 1000);
    const { history, signer } = await keys();
    const isSame = held !== undefined && canonicalJson(held.ext ?? null) === canonicalJson(ext ?? null);
    if (isSame && held.key === history.seq && held.exp - iat > LIFE_SECONDS / 2) return;
    // Of the wall clock, as all that instances write, and beyond what is there.
    const seq = Math.max(now, (held?.seq ?? -1) + 1);
    const claims = { app, id, name, key: history.seq, seq, iat, exp: iat + LIFE_SECONDS, alpn: ALPN };
    const statement = await signServiceRecord(ext === undefined ? claims : { ...claims, ext }, [signer]);
    const key: RecordKey = { kind: 'service', id };
    const answer = await directory.store({ key, bytes: statement.bytes });
    if (answer.outcome === 'unavailable') throw answer.error;
    if (answer.outcome === 'refused') throw ThemisError.refused('THEMIS_RECORD_REFUSED', answer.refusal);
  }
}
