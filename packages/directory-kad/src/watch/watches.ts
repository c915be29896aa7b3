import { accept, refuse, type IdentityId, type Verdict, type VerifiedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import { KAD, NODE_LIMITS, type NodeLimits } from '../constants.ts';
import { showWatched } from '../store/record-store.ts';

/** Who hears of changes. */
export interface Watcher {
  /** @param record that is newer than the one before it under its key */
  readonly push: (record: VerifiedRecord) => void;
  /** The lease has ended. */
  readonly end: () => void;
}

export interface WatchWish {
  readonly peer: IdentityId;
  readonly wanted: Watched;
  /** Seconds. */
  readonly lease: number;
  /** Milliseconds of the monotonic clock. */
  readonly now: number;
}

interface Registration extends Watcher {
  readonly peer: IdentityId;
  readonly name: string;
  readonly until: number;
}

/** The watches that others have opened at a node. Each ends by itself, and is opened anew by who still wants it. */
export class Watches {
  readonly #limits: Pick<NodeLimits, 'watches' | 'peerWatches'>;
  readonly #byName = new Map<string, Set<Registration>>();
  readonly #ofPeer = new Map<IdentityId, number>();
  #size = 0;

  constructor(limits: Partial<NodeLimits> = {}) {
    this.#limits = { ...NODE_LIMITS, ...limits };
  }

  get size(): number {
    return this.#size;
  }

  /** @returns what ends it, of which its watcher hears nothing; refused where the peer has as many as it may */
  add({ peer, wanted, lease, now }: WatchWish, { push, end }: Watcher): Verdict<() => void> {
    const own = this.#ofPeer.get(peer) ?? 0;
    if (own >= this.#limits.peerWatches || this.#size >= this.#limits.watches) {
      return refuse('node-watches', `${own} of ${peer}, ${this.#size} of all`);
    }
    const name = showWatched(wanted);
    const registration = { peer, name, until: now + Math.min(lease, KAD.leaseSeconds) * 1000, push, end };
    const others = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, others.add(registration));
    this.#ofPeer.set(peer, own + 1);
    this.#size += 1;
    return accept(() => this.#remove(registration));
  }

  /** Tells whoever watches that record, or the instances of its service. */
  changed(record: VerifiedRecord): void {
    this.#tell(showWatched(record.key), record);
    if (record.key.kind === 'instance') this.#tell(showWatched({ kind: 'instances', id: record.key.id }), record);
  }

  /** Ends those whose lease is over. */
  sweep(now: number): void {
    this.#endAll(({ until }) => until <= now);
  }

  /** Ends those of a peer that is a member no more; of all peers where none is named. */
  endOf(peer?: IdentityId): void {
    this.#endAll((registration) => peer === undefined || registration.peer === peer);
  }

  peers(): Iterable<IdentityId> {
    return [...this.#ofPeer.keys()];
  }

  #endAll(isOver: (registration: Registration) => boolean): void {
    for (const registration of [...this.#byName.values()].flatMap((registrations) => [...registrations])) {
      if (!isOver(registration)) continue;
      this.#remove(registration);
      registration.end();
    }
  }

  #tell(name: string, record: VerifiedRecord): void {
    for (const { push } of [...(this.#byName.get(name) ?? [])]) push(record);
  }

  #remove(registration: Registration): void {
    const { name, peer } = registration;
    const others = this.#byName.get(name);
    if (others?.delete(registration) !== true) return;
    if (others.size === 0) this.#byName.delete(name);
    this.#size -= 1;
    const left = (this.#ofPeer.get(peer) ?? 1) - 1;
    if (left === 0) this.#ofPeer.delete(peer);
    else this.#ofPeer.set(peer, left);
  }
}
