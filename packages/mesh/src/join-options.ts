import type { PolicyDefault, PolicyMode, RuleAction, Tolerance } from '@themis-mesh/core';
import type { Clock, ListenerLimits } from '@themis-mesh/channel';
import type { Directory, OpenDirectory } from '@themis-mesh/directory';
import type { ObserveOptions } from './observe/observe-options.ts';
import type { TrafficOptions } from './traffic/traffic-control.ts';

/**
 * Who may call, and what for: docs/reference/policy.md. What is left out loosens nothing, so that an empty policy lets nobody
 * in.
 */
export interface PolicyOptions {
  /** What holds where no rule says anything. Default: `deny-all`. */
  readonly default?: PolicyDefault;
  /** Services, of the app and of those that it imports (`web.shop`), that may send any request that no rule denies. */
  readonly allow?: readonly string[];
  readonly rules?: readonly RuleOptions[];
  /** `audit`: it refuses nothing, and what it would have refused is told. Default: `enforce`. */
  readonly mode?: PolicyMode;
  /** What is let through of ambiguous paths. Default: nothing. */
  readonly tolerate?: readonly Tolerance[];
}

/** As `Rule` of the core package, in plain objects. */
export interface RuleOptions {
  readonly name: string;
  readonly action: RuleAction;
  readonly mode?: PolicyMode;
  readonly services?: readonly string[];
  readonly apps?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly ids?: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  readonly headers?: Readonly<Record<string, boolean | readonly string[]>>;
  readonly ports?: readonly number[];
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
  /**
   * The port of the service, as its policies see it, where that is not the one listened on: of the program behind a sidecar.
   */
  readonly port?: number;
  /** How long a leaf lives. Seconds, 2 to 86,400; default 3600. It is renewed at about half of that. */
  readonly leafSeconds?: number;
  /**
   * The host that others dial, where it is not the one listened on: for address translation, and for `0.0.0.0` and `::`, which
   * nobody can dial. An IP address, or a DNS name in lower case.
   */
  readonly advertise?: string;
  /** Whether new connections need fresh news of the charter. Default false: known services go on without, with an alarm. */
  readonly strict?: boolean;
  /**
   * The nodes of the directory: any of them answers, so one is enough, and several are better. Addresses such as `10.0.0.1:7400`,
   * where a member has to be that may run nodes, or URLs, which are asked by plain HTTP. At most 64. Default: those that the
   * environment names by `THEMIS_NODES`, else those of the home. None: the directory is a folder.
   */
  readonly nodes?: readonly string[];
  /** Default: what the nodes answer; without nodes the folder that the home names, else the one in the home. */
  readonly directory?: Directory;
  /**
   * Opens the directory where the home names none in a folder but an address, such as `nats://host:4222`; it is closed with the
   * mesh. Default: such a home is refused.
   */
  readonly openDirectory?: OpenDirectory;
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
