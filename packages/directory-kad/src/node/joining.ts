import type { Address } from '@themis-mesh/core';
import { KAD } from '../constants.ts';
import { placeContact, type PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { LookupResult, LookupTask } from '../lookup/run-lookup.ts';
import type { KadNetwork } from '../network.ts';
import type { Place } from '../place.ts';
import type { NodeRoster } from '../roster.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import type { Asker } from './asker.ts';

export interface JoiningOptions {
  readonly own: Place;
  readonly ownName: string | undefined;
  readonly network: KadNetwork;
  readonly clock: KadClock;
  readonly table: RoutingTable;
  readonly asker: Asker;
  readonly roster: () => NodeRoster;
  /** Of which it looks up what is around, and whose chance it takes. */
  readonly node: {
    readonly chance: () => number;
    lookup(task: Omit<LookupTask, 'seeds' | 'except'>): Promise<LookupResult>;
  };
}

/** Finds a network by some addresses, and keeps an eye on all of its regions. */
export class Joining {
  readonly #options: JoiningOptions;
  #bootstrap: readonly Address[] = [];
  #isJoining = false;

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  /** Whether it knows others, or has nobody to know. */
  get isSettled(): boolean {
    return this.#bootstrap.length === 0 || this.#options.table.size > 0;
  }

  async join(bootstrap: readonly Address[]): Promise<number> {
    const { own, node, table } = this.#options;
    this.#bootstrap = bootstrap;
    this.#isJoining = true;
    await Promise.all(bootstrap.map((address) => this.meet(address)));
    this.#isJoining = false;
    if (table.size === 0) return 0;
    await node.lookup({ target: own, request: () => ({ kind: 'find', target: own }) });
    await this.lookAround();
    return table.size;
  }

  /** Joins anew where nobody is known any more, or was found yet. */
  tryAgain(): void {
    const isAlone = this.#options.table.size === 0 && this.#bootstrap.length > 0;
    if (isAlone && !this.#isJoining) void this.join(this.#bootstrap);
  }

  /** Looks up what was not for long. */
  async lookAround(): Promise<void> {
    const { table, clock, node } = this.#options;
    const targets = table.stale(clock.millis(), node.chance);
    await Promise.all(targets.map((target) => node.lookup({ target, request: () => ({ kind: 'find', target }) })));
  }

  async meet(address: Address): Promise<PlacedContact | undefined> {
    const { network, asker, roster, table, clock, ownName } = this.#options;
    try {
      const request = asker.signed({ kind: 'ping' } as const);
      const { identity, answer } = await network.meet(address, request, { timeoutMs: KAD.firstTimeoutMs });
      const contact = placeContact({ identity, index: answer.index, address }, roster());
      if (contact === undefined || contact.name === ownName) return undefined;
      table.answered(contact, clock.millis());
      return contact;
    } catch {
      // An address at which nobody answers says nothing of the others.
      return undefined;
    }
  }
}
