import type { AppState } from '@themis-mesh/core';
import type { CliContext } from '../context.ts';
import type { Place } from '../place.ts';
import type { ServiceStatus } from '../service-status.ts';
import type { Finding } from './finding.ts';

/** A home that can be opened, with what is known from it. */
export interface Patient {
  readonly context: CliContext;
  readonly place: Place;
  readonly app: AppState;
  readonly services: readonly ServiceStatus[];
}

/** One thing that is looked at. */
export interface Check {
  readonly name: string;
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}
