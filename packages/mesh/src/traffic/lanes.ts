import { EVERY_SERVICE, type TargetName, type ServiceTraffic, type TrafficTable } from '@themis-mesh/core';
import { callRules, DEFAULT_CALL_RULES, type CallRules } from './call-rules.ts';
import { RetryBudget } from './retry-budget.ts';
import { WaitingRoom } from './waiting-room.ts';

/** What one process knows and keeps of its calls of one service. */
export class Lane {
  readonly budget: RetryBudget = new RetryBudget();
  readonly room: WaitingRoom = new WaitingRoom();
  #rules: CallRules = DEFAULT_CALL_RULES;

  get rules(): CallRules {
    return this.#rules;
  }

  set rules(rules: CallRules) {
    this.#rules = rules;
    this.budget.rules = rules.retries;
    this.room.rules = rules.atOnce;
  }
}

/** More services than anybody calls; names come from whoever uses a proxy. */
const MOST_LANES = 4096;

/** The lanes of one process, by what it was told and by what services say of themselves. */
export class Lanes {
  readonly #lanes = new Map<TargetName, Lane>();
  readonly #records = new Map<TargetName, ServiceTraffic>();
  #table: TrafficTable = new Map();

  of(service: TargetName): Lane {
    return this.#lanes.get(service) ?? this.#open(service);
  }

  /** What this process was told: of a service, and of every service. */
  set table(table: TrafficTable) {
    this.#table = table;
    for (const [service, lane] of this.#lanes) lane.rules = this.#rulesOf(service);
  }

  /** What a service says of itself, as far as it may: undefined for nothing. */
  hear(service: TargetName, traffic: ServiceTraffic | undefined): void {
    if (traffic === this.#records.get(service)) return;
    if (traffic === undefined) this.#records.delete(service);
    else this.#records.set(service, traffic);
    const lane = this.#lanes.get(service);
    if (lane !== undefined) lane.rules = this.#rulesOf(service);
  }

  #open(service: TargetName): Lane {
    const lane = new Lane();
    lane.rules = this.#rulesOf(service);
    this.#lanes.set(service, lane);
    // Calls on the oldest go on; whoever comes to it next begins with a new budget.
    const [oldest] = this.#lanes.size > MOST_LANES ? this.#lanes.keys() : [];
    if (oldest !== undefined) this.#lanes.delete(oldest);
    return lane;
  }

  /** What is said of this service in particular outweighs what it says of itself, and that what is said of all. */
  #rulesOf(service: TargetName): CallRules {
    const layers = [this.#table.get(EVERY_SERVICE), this.#records.get(service), this.#table.get(service)];
    return layers.every((layer) => layer === undefined) ? DEFAULT_CALL_RULES : callRules(...layers);
  }
}
