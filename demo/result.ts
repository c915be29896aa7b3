import type { Programs } from './ground/programs.ts';
import type { Overhead } from './overhead/overhead.ts';
import type { Refused } from './refused.ts';
import type { Removal } from './removal.ts';

/** What a run saw. */
export interface DemoResult {
  readonly services: readonly ServiceSeen[];
  readonly traffic: readonly LaneSeen[];
  readonly total: RequestsSeen;
  /** How long the traffic went on. Seconds. */
  readonly trafficSeconds: number;
  readonly intruders: readonly Refused[];
  readonly forbidden: readonly Refused[];
  readonly removal: Removal;
  readonly overhead: readonly Overhead[];
  readonly programs: Programs;
  /** What was still there when all was stopped; undefined where it goes on running. */
  readonly leftBehind: readonly string[] | undefined;
  /** From the start to the table. */
  readonly seconds: number;
}

export interface ServiceSeen {
  readonly name: string;
  readonly kind: 'in process' | 'sidecar';
  readonly program: string;
  /** How many leaves came after its first while there was traffic. */
  readonly rotations: number;
}

export interface RequestsSeen {
  /** Answered rightly or not. */
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds, as whoever asked saw it; undefined where nothing was answered rightly. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface LaneSeen extends RequestsSeen {
  readonly name: string;
  readonly about: string;
  /** Some of what went wrong. */
  readonly failures: readonly string[];
}
