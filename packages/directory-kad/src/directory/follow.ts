import { compareRecords, showRecordKey, type SignedRecord, type VerifiedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import { KAD } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';
import type { Answer } from '../messages/answer.ts';
import type { WatchRequest } from '../messages/request.ts';
import { placeOfRecord, signerOf } from '../place.ts';
import { get, getInstances, type GetGround } from './get.ts';

/** How long to wait before a watch that ended is opened anew. */
const REOPEN_MS = 250;

/**
 * Follows what changes under a key: some of the storers push, and what they do not say is looked for from time to time. Ends with
 * the signal.
 */
export async function* follow(ground: GetGround, wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
  const following = new Following(ground, wanted, signal);
  following.begin();
  try {
    for (;;) {
      const next = await following.next();
      if (next === undefined) return;
      yield next;
    }
  } finally {
    following.end();
  }
}

class Following {
  readonly #ground: GetGround;
  readonly #wanted: Watched;
  readonly #outer: AbortSignal;
  readonly #ending = new AbortController();
  /** The newest of each key, in the order in which they came. */
  readonly #queue = new Map<string, VerifiedRecord>();
  readonly #last = new Map<string, VerifiedRecord>();
  readonly #open = new Map<string, AbortController>();
  #wake: () => void = () => {};
  #cancel: () => void = () => {};

  constructor(ground: GetGround, wanted: Watched, signal: AbortSignal) {
    this.#ground = ground;
    this.#wanted = wanted;
    this.#outer = signal;
  }

  begin(): void {
    this.#outer.addEventListener('abort', this.#stop, { once: true });
    if (this.#outer.aborted) this.#stop();
    else void this.#look();
  }

  /** @returns undefined when it has ended */
  async next(): Promise<SignedRecord | undefined> {
    for (;;) {
      if (this.#ending.signal.aborted) return undefined;
      const [first] = this.#queue;
      if (first !== undefined) {
        const [name, { key, bytes }] = first;
        this.#queue.delete(name);
        return { key, bytes: Uint8Array.from(bytes) };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.#outer.removeEventListener('abort', this.#stop);
    this.#stop();
  }

  readonly #stop = (): void => {
    this.#ending.abort();
    this.#cancel();
    for (const watch of this.#open.values()) watch.abort();
    this.#wake();
  };

  /** Opens the watches that there should be, sees what is there, and comes again. */
  async #look(): Promise<void> {
    const { signal } = this.#ending;
    try {
      await this.#openWatches(signal);
      for (const record of await this.#there(signal)) this.#offer(record);
    } finally {
      this.#forgetEnded();
      this.#again(KAD.pollMs * (0.75 + this.#ground.node.chance() / 2));
    }
  }

  #again(milliseconds: number): void {
    this.#cancel();
    if (this.#ending.signal.aborted) return;
    this.#cancel = this.#ground.node.clock.after(milliseconds, () => void this.#look());
  }

  async #there(signal: AbortSignal): Promise<readonly SignedRecord[]> {
    if (this.#wanted.kind === 'instances') {
      const answer = await getInstances(this.#ground, this.#wanted.id, signal);
      return answer.outcome === 'found' ? answer.records : [];
    }
    const answer = await get(this.#ground, this.#wanted, signal);
    return answer.outcome === 'found' ? [answer.record] : [];
  }

  async #openWatches(signal: AbortSignal): Promise<void> {
    const { self, others } = await this.#ground.storers.of(placeOfRecord(this.#wanted), signal);
    if (signal.aborted) return;
    const chosen = new Map(others.slice(0, KAD.watchers).map((contact) => [contact.name, contact]));
    for (const [name, watch] of this.#open) if (name !== SELF && !chosen.has(name)) watch.abort();
    if (self && !this.#open.has(SELF)) this.#openOwn();
    for (const contact of chosen.values()) if (!this.#open.has(contact.name)) void this.#listen(contact);
  }

  /** Hears what one storer pushes, until that ends. */
  async #listen(contact: PlacedContact): Promise<void> {
    const watch = new AbortController();
    this.#open.set(contact.name, watch);
    try {
      for await (const answer of this.#ground.node.watchAt(contact, this.#request(), watch.signal)) this.#take(answer);
    } catch {
      // Whoever cannot be reached is replaced, or tried again.
    }
    if (!watch.signal.aborted) this.#doubt(contact);
    this.#closed(contact.name);
  }

  #openOwn(): void {
    const { node } = this.#ground;
    const push = (answer: Answer): void => this.#take(answer);
    const { answer, stop } = node.serveWatch(node.identity, this.#request(), push, () => this.#closed(SELF));
    if (stop === undefined) return;
    const watch = new AbortController();
    watch.signal.addEventListener('abort', stop, { once: true });
    this.#open.set(SELF, watch);
    this.#take(answer);
  }

  /** It may be gone: who keeps the place is to be found anew. */
  #doubt({ identity, index }: PlacedContact): void {
    this.#ground.storers.forget(placeOfRecord(this.#wanted));
    this.#ground.node.suspect(identity, index);
  }

  #closed(name: string): void {
    this.#open.delete(name);
    this.#again(REOPEN_MS * (1 + this.#ground.node.chance()));
  }

  #request(): WatchRequest {
    const { reading, zone } = this.#ground;
    const wish = { wanted: this.#wanted, known: reading.eventsKnown(signerOf(this.#wanted)), lease: KAD.leaseSeconds };
    return { kind: 'watch', ...wish, ...(zone === undefined ? {} : { zone }) };
  }

  #take(answer: Answer): void {
    if (answer.kind !== 'records') return;
    if (answer.history !== undefined) this.#ground.reading.takeHistory(signerOf(this.#wanted), answer.history);
    for (const record of answer.records) this.#offer(record);
  }

  #offer(record: SignedRecord): void {
    if (!this.#isWanted(record)) return;
    const believed = this.#ground.reading.believe(record);
    if (believed === undefined) return;
    const name = showRecordKey(believed.key);
    const newest = this.#ground.floors.raise(believed).record;
    const before = this.#last.get(name);
    if (before !== undefined && compareRecords(before, newest) !== 'newer') return;
    this.#last.set(name, newest);
    this.#queue.set(name, newest);
    this.#wake();
  }

  #isWanted({ key }: SignedRecord): boolean {
    const wanted = this.#wanted;
    if (wanted.kind === 'instances') return key.kind === 'instance' && key.id === wanted.id;
    return showRecordKey(key) === showRecordKey(wanted);
  }

  #forgetEnded(): void {
    const { now } = this.#ground.reading;
    for (const [name, { expires }] of this.#last) if (expires + FORGET_SECONDS < now) this.#last.delete(name);
  }
}

/** The name of the own store among those that push. */
const SELF = 'self';

/** What has ended for so long is no floor any more: what is older has ended, too. */
const FORGET_SECONDS = 60;
