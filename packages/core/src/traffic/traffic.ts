import type { TargetName } from '../app/target-name.ts';

/**
 * How calls of one service are conducted. Every part may be absent; what then holds is in `docs/reference/traffic.md`, with the
 * limits of each. Times are whole milliseconds and shares whole percents, so that the same data can stand in a signed record.
 */
export interface ServiceTraffic {
  /** From the call to the end of its answer. */
  readonly timeoutMs?: number;
  /** From one try to the head of its answer. */
  readonly tryTimeoutMs?: number;
  readonly retries?: Retries;
  readonly hedge?: Hedge;
  readonly outliers?: Outliers;
  /** Whether instances of the caller's own zone are preferred. Default `prefer`. */
  readonly zone?: 'prefer' | 'any';
  readonly atOnce?: AtOnce;
  readonly routes?: readonly Route[];
  readonly split?: readonly Share[];
  readonly mirror?: Mirror;
  readonly faults?: readonly Fault[];
  readonly limits?: Limits;
}

/** When a request is sent again that may be. */
export interface Retries {
  /** How often one request is sent again. */
  readonly attempts?: number;
  /** Of every hundred requests of the service so many may be sent again. */
  readonly percent?: number;
  readonly minPerSecond?: number;
  readonly baseMs?: number;
  readonly maxMs?: number;
  /** Statuses of answers of which nothing is handed on, so that the request is sent again. */
  readonly statuses?: readonly number[];
}

/** A second try beside the first, where that takes long. */
export interface Hedge {
  readonly afterMs: number;
}

/** When an instance is passed over for a time. */
export interface Outliers {
  readonly consecutive?: number;
  readonly successPercent?: number;
  readonly volume?: number;
  readonly windowMs?: number;
  readonly ejectMs?: number;
  readonly maxEjectMs?: number;
  readonly maxEjectedPercent?: number;
}

/** How many calls of the service one process has under way. */
export interface AtOnce {
  readonly calls: number;
  /** So many more wait for a place. */
  readonly waiting?: number;
  readonly waitMs?: number;
}

/** Where a request goes: another service, or those instances that carry all these labels, or both. */
export interface Destination {
  readonly service?: TargetName;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One part of the traffic. */
export interface Share extends Destination {
  /** Its part, of the sum of all weights. */
  readonly weight: number;
}

/** What a request must say. Exactly one of `value` and `prefix`, or neither: the field is there. */
export interface HeaderMatch {
  /** In lower case. */
  readonly header: string;
  readonly value?: string;
  readonly prefix?: string;
}

/** Where requests go that match. The first route that matches decides, before any split. */
export interface Route {
  readonly match: HeaderMatch;
  readonly to: Destination;
}

/** A copy of requests, whose answer nobody reads. */
export interface Mirror extends Destination {
  readonly percent: number;
  /** Requests with a larger body, or with one of unknown length, are not copied. */
  readonly maxBodyBytes?: number;
}

/** What is made to go wrong, to see what comes of it. */
export interface Fault {
  readonly match?: HeaderMatch;
  readonly percent: number;
  readonly delayMs?: number;
  /** Answered in the place of the service. */
  readonly status?: number;
}

/** What an instance takes on. */
export interface Limits {
  /** Requests under way at one instance. */
  readonly underWay?: number;
  /** For each caller without an entry of its own. */
  readonly perCaller?: Rate;
  readonly callers?: Readonly<Record<string, Rate>>;
}

export interface Rate {
  readonly perSecond: number;
  /** How many may come at once. Default: those of one second. */
  readonly burst?: number;
}

/** The entry for services that have none of their own. */
export const EVERY_SERVICE = '*';

/** Entries by the names of services, and by {@link EVERY_SERVICE}. */
export type TrafficTable = ReadonlyMap<string, ServiceTraffic>;
