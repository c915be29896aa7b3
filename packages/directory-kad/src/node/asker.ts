import { ThemisError } from '@themis-mesh/core';
import { KAD } from '../constants.ts';
import { nameOfNode, placeContact, type PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { Answer } from '../messages/answer.ts';
import type { Request, Sender } from '../messages/request.ts';
import type { KadNetwork } from '../network.ts';
import type { NodeRoster } from '../roster.ts';
import type { RoutingTable } from '../table/routing-table.ts';

export interface AskerOptions {
  readonly network: KadNetwork;
  readonly clock: KadClock;
  readonly table: RoutingTable;
  /** Of today. */
  readonly roster: () => NodeRoster;
  /** Where this node can be asked; undefined for one that is a client only. */
  readonly self: Sender | undefined;
  /** The name of this node, of which it does not hear from others. */
  readonly ownName: string | undefined;
}

/** Asks other nodes, and learns from what comes of it who is there, and how fast. */
export class Asker {
  readonly #options: AskerOptions;
  readonly #probing = new Set<string>();

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  get clock(): KadClock {
    return this.#options.clock;
  }

  /** @throws ThemisError where no answer comes, or one of another node */
  async ask(to: PlacedContact, request: Request, signal?: AbortSignal): Promise<Answer> {
    const { network, clock, table } = this.#options;
    const begun = clock.millis();
    try {
      const timeoutMs = table.find(to)?.times.timeoutMs ?? KAD.firstTimeoutMs;
      const answer = await network.ask(to, this.signed(request), { timeoutMs, signal });
      if (answer.index !== to.index) throw unanswered(to, `node ${answer.index} of it answers there`);
      table.answered(to, clock.millis(), clock.millis() - begun);
      return answer;
    } catch (error) {
      if (signal?.aborted !== true) table.failed(to, clock.millis());
      throw ThemisError.is(error) ? error : unanswered(to, 'no answer', error);
    }
  }

  /** With where this node can be asked. */
  signed<R extends Request>(request: R): R {
    const { self } = this.#options;
    return self === undefined ? request : { ...request, sender: self };
  }

  slowMs(of: PlacedContact): number {
    return this.#options.table.find(of)?.times.slowMs ?? KAD.firstTimeoutMs / 4;
  }

  /** The nodes that an answer tells of and that the charter knows; oneself is none of them. */
  placed({ closer }: Answer): readonly PlacedContact[] {
    const roster = this.#options.roster();
    return closer.flatMap((contact) => {
      const placed = placeContact(contact, roster);
      return placed === undefined || placed.name === this.#options.ownName ? [] : [placed];
    });
  }

  /** Asks whether somebody is there, unless that is being asked already. What comes of it is in the table. */
  probe(contact: PlacedContact): void {
    const name = nameOfNode(contact);
    if (this.#probing.has(name) || name === this.#options.ownName) return;
    this.#probing.add(name);
    const done = (): void => void this.#probing.delete(name);
    this.ask(contact, { kind: 'ping' }).then(done, done);
  }
}

function unanswered({ identity, index }: PlacedContact, why: string, cause?: unknown): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `node ${identity}/${index}: ${why}`, { cause });
}
