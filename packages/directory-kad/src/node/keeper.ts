import { KAD } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { Place } from '../place.ts';
import { heirOf, isHeir, isTeller, type Neighbourhood } from '../store/handover.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import type { Asker } from './asker.ts';

export interface KeeperOptions {
  readonly own: Place;
  readonly clock: KadClock;
  readonly table: RoutingTable;
  readonly store: RecordStore;
  readonly asker: Asker;
}

/** Sees to it that what this node keeps is kept by all who should: when nodes come and go, and from time to time. */
export class Keeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** A node has come: it gets what it is near to. */
  joined(newcomer: PlacedContact): void {
    const around = this.#around();
    for (const place of this.#options.store.places()) {
      if (isHeir(newcomer, place, around)) this.#sendAt(place, newcomer);
    }
  }

  /** A node has gone: who moves up in its place gets what it had. */
  lost(gone: PlacedContact): void {
    const around = this.#around();
    for (const place of this.#options.store.places()) {
      const heir = heirOf(gone.place, place, around);
      if (heir !== undefined) this.#sendAt(place, heir);
    }
  }

  /** This node goes. @returns when all was told, or nobody answered */
  async leave(): Promise<void> {
    const around = this.#around();
    const sent = [...this.#options.store.places()].map(async (place) => {
      const heir = heirOf(undefined, place, around);
      if (heir !== undefined) await this.#send(place, heir, undefined);
    });
    await Promise.all(sent);
  }

  /** Sends what nobody has said for long to all who should have it. */
  republish(): void {
    const { store, table, clock, own } = this.#options;
    const before = clock.millis() - KAD.republishMs;
    for (const place of store.places()) {
      const nearest = table.closest(place, KAD.replicas);
      if (!isTeller(place, own, nearest)) continue;
      for (const storer of nearest) void this.#send(place, storer, before);
    }
  }

  #around(): Neighbourhood {
    const { own, table } = this.#options;
    return { own, others: [...table.neighbours()].map(({ contact }) => contact), replicas: KAD.replicas };
  }

  #sendAt(place: Place, to: PlacedContact): void {
    void this.#send(place, to, undefined);
  }

  /** One after the other, the history first. @param before only what was last said before that time */
  async #send(place: Place, to: PlacedContact, before: number | undefined): Promise<void> {
    const { store, clock, asker } = this.#options;
    for (const { record, stored } of store.at(place, clock.seconds())) {
      if (before !== undefined && stored > before) continue;
      const { key, bytes } = record;
      try {
        await asker.ask(to, { kind: 'store', record: { key, bytes } });
        if (before !== undefined) store.touch(key, clock.millis());
      } catch {
        // Whoever does not answer now is told when it is back, or is not there any more.
        return;
      }
    }
  }
}
