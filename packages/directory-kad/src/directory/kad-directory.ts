import {
  ThemisError,
  type History,
  type IdentityId,
  type RecordKey,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { CallOptions, Directory, FindAnswer, InstancesAnswer, StoreAnswer, Watched } from '@themis-mesh/directory';
import type { ForkProof } from '@themis-mesh/storage';
import { KAD } from '../constants.ts';
import type { KadNode } from '../node/kad-node.ts';
import { signerOf } from '../place.ts';
import { Floors } from './floors.ts';
import { follow } from './follow.ts';
import { get, getInstances, type GetGround } from './get.ts';
import { put } from './put.ts';
import { Reading } from './reading.ts';
import { Storers } from './storers.ts';

export interface KadDirectoryOptions {
  /** The node that it asks with, and whose store is one of those asked. It is not closed with the directory. */
  readonly node: KadNode;
  /** The app whose directory this is: charters, heads, services and instances of others are refused. Default: of any. */
  readonly app?: IdentityId | undefined;
  /** Histories known from elsewhere: the furthest remembered of an identity. */
  readonly remembered?: ((id: IdentityId) => History | undefined) | undefined;
  /** Hears of two records that contradict each other. The one held first stays. */
  readonly onFork?: ((proof: ForkProof) => void | Promise<void>) | undefined;
  /** The own zone: of more instances than an answer holds, those of it are preferred. */
  readonly zone?: string | undefined;
  /**
   * How many of the storers have to agree before a find ends. Default {@link KAD.readAgree}: four liars among them are seen
   * through. With {@link KAD.replicas} it hears all that answer, and one honest storer is enough; that is some more requests.
   */
  readonly agree?: number | undefined;
}

/** A directory kept by the nodes of an app. It believes none of them: what it answers was verified here. */
export class KadDirectory implements Directory {
  readonly #ground: GetGround;
  readonly #closing = new AbortController();

  constructor({ node, app, remembered, onFork, zone, agree = KAD.readAgree }: KadDirectoryOptions) {
    const furthest = (id: IdentityId): History | undefined => {
      const kept = node.store.history(id, node.clock.seconds());
      const known = remembered?.(id);
      if (kept === undefined || known === undefined) return kept ?? known;
      return known.seq > kept.seq ? known : kept;
    };
    const reading = new Reading({
      app,
      now: () => node.clock.seconds(),
      remembered: furthest,
      onFork: (proof) => void onFork?.(proof),
    });
    this.#ground = { node, reading, storers: new Storers(node), floors: new Floors(reading), zone, agree };
  }

  async store(record: SignedRecord, options: CallOptions = {}): Promise<StoreAnswer> {
    const signal = this.#signal(options);
    const own = { key: record.key, bytes: Uint8Array.from(record.bytes) };
    const verified = await this.#verify(own, signal);
    if (!('body' in verified)) return verified;
    return this.#orCalledOff(put(this.#ground, verified, signal), signal);
  }

  async find(key: RecordKey, options: CallOptions = {}): Promise<FindAnswer> {
    const signal = this.#signal(options);
    return get(this.#ground, key, signal);
  }

  async instances(service: IdentityId, options: CallOptions = {}): Promise<InstancesAnswer> {
    const signal = this.#signal(options);
    return getInstances(this.#ground, service, signal);
  }

  async *watch(wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
    this.#requireOpen();
    yield* follow(this.#ground, wanted, AbortSignal.any([signal, this.#closing.signal]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  /** Nobody is asked to keep what is not sound. It may be so only by a history that is not known here yet. */
  async #verify(record: SignedRecord, signal: AbortSignal): Promise<VerifiedRecord | StoreAnswer> {
    const { reading } = this.#ground;
    const verdict = reading.verify(record);
    if (verdict.ok) return verdict.value;
    const signer = signerOf(record.key);
    if (record.key.kind === 'history' || record.key.kind === 'charter') return { outcome: 'refused', refusal: verdict.refusal };
    const known = reading.eventsKnown(signer);
    const found = await get(this.#ground, { kind: 'history', id: signer }, signal);
    if (found.outcome === 'unavailable') return found;
    if (found.outcome === 'found') reading.takeHistory(signer, found.record.bytes);
    if (reading.eventsKnown(signer) === known) return { outcome: 'refused', refusal: verdict.refusal };
    const again = reading.verify(record);
    return again.ok ? again.value : { outcome: 'refused', refusal: again.refusal };
  }

  async #orCalledOff(answer: Promise<StoreAnswer>, signal: AbortSignal): Promise<StoreAnswer> {
    const result = await answer;
    if (result.outcome !== 'unavailable' || !signal.aborted) return result;
    return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'it was called off') };
  }

  /** Of the call, or of the directory: whichever ends first. */
  #signal({ signal }: CallOptions): AbortSignal {
    this.#requireOpen();
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted) throw new ThemisError('THEMIS_CLOSED', 'the directory');
  }
}
