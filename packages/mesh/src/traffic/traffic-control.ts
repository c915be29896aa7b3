import {
  EVERY_SERVICE,
  readTrafficTable,
  showTrafficMistake,
  ThemisError,
  type ServiceName,
  type ServiceTraffic,
  type TrafficTable,
} from '@themis-mesh/core';
import type { Gate } from './gate.ts';
import type { Lanes } from './lanes.ts';

/** Entries by the names of services, and by `*` for all others. `docs/reference/traffic.md` has every key. */
export type TrafficOptions = Readonly<Record<string, ServiceTraffic>>;

export interface TrafficControlOptions {
  readonly name: ServiceName;
  readonly lanes: Lanes;
  readonly gate: Gate;
  /** Hears what is said of this service itself, which its callers are to know. */
  readonly onOwn: (own: ServiceTraffic | undefined) => void;
}

/** Puts rules in force: all of a table, or nothing of it. */
export class TrafficControl {
  readonly #options: TrafficControlOptions;

  constructor(options: TrafficControlOptions) {
    this.#options = options;
  }

  set table(table: TrafficTable) {
    const { name, lanes, gate, onOwn } = this.#options;
    // First what may be refused.
    onOwn(table.get(name));
    lanes.table = table;
    gate.limits = table.get(name)?.limits ?? table.get(EVERY_SERVICE)?.limits;
  }
}

/** @throws ThemisError `THEMIS_TRAFFIC_INVALID`, with all mistakes */
export function requireTraffic(options: unknown): TrafficTable {
  const read = readTrafficTable(options);
  if (read.ok) return read.value;
  throw new ThemisError('THEMIS_TRAFFIC_INVALID', read.mistakes.map(showTrafficMistake).join('; '));
}
