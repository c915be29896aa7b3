import type { ServiceName, TargetName } from '@themis-mesh/core';
import type { PolicyOptions } from '@themis-mesh/mesh';
import type { AppOption } from '../app/app-place.ts';
import type { EgressRule } from '../proxy/egress-rule.ts';
import type { ListenAddress } from '../tcp/listen-address.ts';

/** What an app speaks on its plain port; `h2` is HTTP/2 without TLS, which a client begins at once (RFC 9113 section 3.3). */
export type AppProtocol = 'http' | 'h2' | 'tcp';

/** A port of loopback that leads to a service, of this app or of an imported one. */
export interface ForwardOption {
  readonly port: number;
  readonly service: TargetName;
  /** What is spoken on the port: raw bytes, or HTTP of either version, of which each request goes to an instance that is well. */
  readonly protocol: AppProtocol;
}

/** A sidecar with every default in place. {@link readSidecarOptions} makes it of what a user says. */
export interface SidecarOptions {
  readonly service: ServiceName;
  /** The Themis home. Undefined: as the environment says. */
  readonly home: string | undefined;
  readonly app: AppOption;
  readonly protocol: AppProtocol;
  /** Where the mesh is listened to. */
  readonly listen: ListenAddress;
  /** The host that others dial, where it is not the one listened on. */
  readonly advertise: string | undefined;
  readonly forwards: readonly ForwardOption[];
  readonly egress: EgressRule;
  /** Where callers outside the mesh are listened to, in plain HTTP. */
  readonly ingress: ListenAddress | undefined;
  /** Where `/livez` and `/readyz` are answered. */
  readonly probe: ListenAddress | undefined;
  /** Where `/metrics` is answered, and to whom besides who asks by an address. */
  readonly metrics: (ListenAddress & { readonly names: readonly string[] }) | undefined;
  /** A file, or `-`. */
  readonly accessLog: { readonly to: string; readonly query: boolean } | undefined;
  /** How many connections each plain port takes at one time. */
  readonly maxConnections: number;
  /** How long a plain caller may leave a message half sent, or half read. Seconds. */
  readonly stallSeconds: number;
  /** What to GET until the app answers. Undefined: a connection is enough. */
  readonly health: string | undefined;
  /** How long the app may take to answer at its start. Seconds. */
  readonly waitSeconds: number;
  /** How long what is under way, and then the app, may take to end. Seconds. */
  readonly drainSeconds: number;
  readonly leafSeconds: number | undefined;
  /** What traffic goes by: the zone of this instance, its labels, and how much it takes on. `join` reads them. */
  readonly zone: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly weight: number | undefined;
  readonly policy: PolicyOptions | undefined;
  /** A file with the policy in its place, which is followed while the sidecar runs. */
  readonly policyFile: string | undefined;
  /** Whether the app is given a proxy into the mesh. */
  readonly proxy: boolean;
  /** The app's command; empty where somebody else starts it. */
  readonly command: readonly string[];
}
