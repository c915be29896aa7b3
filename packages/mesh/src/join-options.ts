import type { PolicyDefault } from '@themis-mesh/core';
import type { Clock, ListenerLimits } from '@themis-mesh/channel';
import type { Directory } from '@themis-mesh/directory';
import type { ObserveOptions } from './observe/observe-options.ts';
import type { TrafficOptions } from './traffic/traffic-control.ts';

/** Who may call: a caller that `allow` names may, and for everybody else `default` decides. */
export interface PolicyOptions {
  /** Default: `deny-all` where `allow` is given, else `members`. */
  readonly default?: PolicyDefault;
  /** Names of services of the app, and of the apps that it imports: `web.shop`. */
  readonly allow?: readonly string[];
}

export interface JoinOptions extends ObserveOptions {
  /** The name of the service that this process is an instance of. It must have been admitted: `themis add NAME`. */
  readonly service: string;
  /** Where the keys and the state lie. Default: the environment's `THEMIS_HOME`, else `.themis`. */
  readonly home?: string;
  /** The name of this instance among those of its service: 1 to 64 of letters, digits, `_` and `-`. Default: random. */
  readonly instance?: string;
  /**
   * Who may connect, besides what the charter says: both must allow. Default: what the charter says, else any member of the app.
   */
  readonly policy?: PolicyOptions;
  /** How long a leaf lives. Seconds, 2 to 86,400; default 3600. It is renewed at about half of that. */
  readonly leafSeconds?: number;
  /**
   * The host that others dial, where it is not the one listened on: for address translation, and for `0.0.0.0` and `::`, which
   * nobody can dial. An IP address, or a DNS name in lower case.
   */
  readonly advertise?: string;
  /** Whether new connections need fresh news of the charter. Default false: known services go on without, with an alarm. */
  readonly strict?: boolean;
  /** Default: the folder that the home names, else the one in the home; for processes of one machine. */
  readonly directory?: Directory;
  readonly limits?: Partial<ListenerLimits>;
  /** Where this instance is: 1 to 63 of letters, digits, `.`, `_` and `-`. Instances of one zone prefer each other. */
  readonly zone?: string;
  /** What this instance is told apart by in splits and routes, such as `version`: at most 16 names with their values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How much this instance takes on, where 100 is what others do: 1 to 10,000; default 100. */
  readonly weight?: number;
  /**
   * How calls are conducted, by the names of services. Default: what the file says that the environment names by
   * `THEMIS_TRAFFIC_FILE`, else what the services say themselves.
   */
  readonly traffic?: TrafficOptions;
  readonly clock?: Clock;
}
