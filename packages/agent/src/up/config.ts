import type { ServiceName, TrafficTable } from '@themis-mesh/core';
import type { ServiceEntry } from './schema.ts';

/** A service that `up` starts. */
export interface ServicePlan extends ServiceEntry {
  readonly name: ServiceName;
}

/** What a `themis.yaml` says, believed to be sound. */
export interface AppConfig {
  /** The file, as the user named it. */
  readonly file: string;
  /** What people here call the app. */
  readonly app: ServiceName | undefined;
  /** The folder of the directory, by its full path, or its address; undefined where the configuration names none. */
  readonly directory: string | undefined;
  /** The nodes of the directory; none where the configuration names none. */
  readonly nodes: readonly string[];
  /** The apps that are imported, each with its anchor: an ID, or the full path of a file. */
  readonly imports: readonly { readonly alias: ServiceName; readonly anchor: string }[];
  /** In the order in which they are started: whatever one depends on stands before it. */
  readonly services: readonly ServicePlan[];
  /** How calls are conducted, by the names of services. */
  readonly traffic: TrafficTable;
}
