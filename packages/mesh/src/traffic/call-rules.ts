import type { Fault, HeaderMatch, Mirror, Retries, Route, ServiceTraffic, Share } from '@themis-mesh/core';
import { DEFAULT_OUTLIERS, type OutlierRules } from './breaker.ts';
import { DEFAULT_BACK_OFF, type BackOffRules } from './retry-delay.ts';
import { DEFAULT_RETRY_BUDGET, type RetryBudgetRules } from './retry-budget.ts';

export interface RetryRules extends RetryBudgetRules, BackOffRules {
  /** How often one request is sent again, at the most, that may have been taken. */
  readonly attempts: number;
  /** Of answers that are not handed on where the request may be sent again. */
  readonly statuses: ReadonlySet<number>;
}

export interface AtOnceRules {
  readonly calls: number;
  readonly waiting: number;
  readonly waitMs: number;
}

/** How calls of one service are conducted, with every default in place. */
export interface CallRules {
  /** Undefined: no limit but the caller's own. */
  readonly timeoutMs: number | undefined;
  readonly tryTimeoutMs: number | undefined;
  readonly retries: RetryRules;
  readonly hedgeAfterMs: number | undefined;
  readonly outliers: OutlierRules;
  readonly prefersZone: boolean;
  readonly atOnce: AtOnceRules | undefined;
  readonly routes: readonly Route[];
  readonly split: readonly Share[];
  readonly mirror: Mirror | undefined;
  readonly faults: readonly Fault[];
  /** Whether a call goes straight to an instance: nothing is to be done before. */
  readonly isDirect: boolean;
}

const DEFAULT_RETRIES: Required<Retries> = { attempts: 3, ...DEFAULT_RETRY_BUDGET, ...DEFAULT_BACK_OFF, statuses: [] };

const DEFAULT_WAITING = 100;
const DEFAULT_WAIT_MS = 1000;

export const DEFAULT_MIRROR_BYTES = 65_536;

/** @param layers the weakest word first: parts of a later one take the place of those of an earlier one */
export function callRules(...layers: readonly (ServiceTraffic | undefined)[]): CallRules {
  const said: ServiceTraffic = Object.assign({}, ...layers) as ServiceTraffic;
  const retries = Object.assign({}, DEFAULT_RETRIES, ...layers.map((layer) => layer?.retries)) as Required<Retries>;
  const outliers = Object.assign({}, DEFAULT_OUTLIERS, ...layers.map((layer) => layer?.outliers)) as OutlierRules;
  const { timeoutMs, tryTimeoutMs, hedge, zone = 'prefer', atOnce, routes = [], split = [], mirror, faults = [] } = said;
  const parts = { routes, split, faults } as const;
  return {
    ...parts,
    ...{ timeoutMs, tryTimeoutMs, mirror, outliers },
    retries: { ...retries, statuses: new Set(retries.statuses) },
    hedgeAfterMs: hedge?.afterMs,
    prefersZone: zone === 'prefer',
    atOnce: atOnce && { waiting: DEFAULT_WAITING, waitMs: DEFAULT_WAIT_MS, ...atOnce },
    isDirect:
      timeoutMs === undefined &&
      atOnce === undefined &&
      mirror === undefined &&
      Object.values(parts).every((part) => part.length === 0),
  };
}

export const DEFAULT_CALL_RULES: CallRules = callRules();

/** Whether a request's fields, names and values in turn, say what is asked for. */
export function matches({ header, value, prefix }: HeaderMatch, headers: readonly string[]): boolean {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name.length !== header.length || name.toLowerCase() !== header) continue;
    const said = headers[index + 1] ?? '';
    if (value === undefined ? said.startsWith(prefix ?? '') : said === value) return true;
  }
  return false;
}
