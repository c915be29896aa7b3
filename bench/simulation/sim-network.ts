import type { Address, IdentityId } from '@themis-mesh/core';
import type { Answer, AskOptions, Contact, KadClock, KadNetwork, Met, Request } from '@themis-mesh/directory-kad';
import type { Trace } from './trace.ts';

/** Who is reached at an address, and what it answers; undefined: it says nothing. */
export interface Present {
  readonly identity: IdentityId;
  readonly handle: (from: IdentityId, request: Request) => Answer | undefined;
}

export interface SimNetworkOptions {
  readonly clock: KadClock;
  readonly chance: () => number;
  /** How long a message takes one way, in milliseconds. */
  readonly latencyMs: { readonly least: number; readonly most: number };
  /** The part of all messages that are lost: only the time-out tells. */
  readonly loss: number;
}

/**
 * A network of thousands within a process: it proves identities, delays and loses. Messages are handed over as they are, without
 * the bytes on the wire; a dead node is silent, which costs who asks it the whole time-out. Nobody watches in it.
 */
export class SimNetwork {
  readonly #options: SimNetworkOptions;
  readonly #present = new Map<string, Present>();
  /** Of the finds that are followed, by {@link nameOfFind}. */
  readonly traces: Map<string, Trace> = new Map();
  /** Requests sent, of all kinds. */
  sent = 0;
  /** While it is set everybody answers at once, with nothing: so that nodes get to know those whom they should. */
  isIntroducing = false;

  constructor(options: SimNetworkOptions) {
    this.#options = options;
  }

  attach({ host }: Address, present: Present): void {
    this.#present.set(host, present);
  }

  detach({ host }: Address): void {
    this.#present.delete(host);
  }

  of(identity: IdentityId): KadNetwork {
    return {
      ask: async (to, request, options) => (await this.#send(identity, to.address, request, options, to)).answer,
      meet: (address, request, options) => this.#send(identity, address, request, options),
      watch: () => {
        throw new Error('nobody watches here');
      },
    };
  }

  #send(from: IdentityId, address: Address, request: Request, { timeoutMs }: AskOptions, wanted?: Contact): Promise<Met> {
    if (this.isIntroducing) return this.#introduce(address);
    const { clock } = this.#options;
    const trace = request.kind === 'get' ? this.traces.get(nameOfFind(from, request.wanted.id)) : undefined;
    if (wanted !== undefined) trace?.asked(wanted);
    this.sent += 1;
    const deadline = clock.millis() + timeoutMs;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => void clock.after(deadline - clock.millis(), () => reject(NO_ANSWER));
      if (this.#isLost()) {
        giveUp();
        return;
      }
      clock.after(this.#latency(), () => {
        const there = this.#present.get(address.host);
        if (there === undefined || (wanted !== undefined && there.identity !== wanted.identity)) {
          giveUp();
          return;
        }
        const answer = there.handle(from, request);
        const back = this.#latency();
        if (answer === undefined || this.#isLost() || clock.millis() + back >= deadline) {
          giveUp();
          return;
        }
        clock.after(back, () => {
          trace?.answered(there.identity, answer);
          resolve({ identity: there.identity, answer });
        });
      });
    });
  }

  #introduce({ host }: Address): Promise<Met> {
    const there = this.#present.get(host);
    if (there === undefined) return Promise.reject(NO_ANSWER);
    return Promise.resolve({ identity: there.identity, answer: { kind: 'nodes', index: 0, closer: [] } });
  }

  #isLost(): boolean {
    const { loss, chance } = this.#options;
    return loss > 0 && chance() < loss;
  }

  #latency(): number {
    const { latencyMs, chance } = this.#options;
    return latencyMs.least + (latencyMs.most - latencyMs.least) * chance();
  }
}

/** What one node seeks of one service. */
export function nameOfFind(finder: IdentityId, of: IdentityId): string {
  return `${finder} ${of}`;
}

const NO_ANSWER = new Error('no answer');
