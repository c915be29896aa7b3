import type { TargetName } from '@themis-mesh/core';
import type { Target } from '@themis-mesh/mesh';
import type { CallSelector } from './call-selector.ts';

/** Under which name a resolver hands a scene on to the balancer. gRPC keeps what begins so apart from connections' options. */
export const SCENE = 'grpc.internal.no_subchannel.themis-scene';

/** What a balancer has to know of where calls may go. */
export interface Scene {
  readonly selector: CallSelector;
  /** Changes when connections are to be made anew. */
  readonly epoch: string;
  /** The service of the client, and those that its rules lead to, as far as they were asked for. */
  readonly services: ReadonlyMap<TargetName, Instances>;
  /** Has a service followed that a rule leads to. Returns before it is. */
  readonly want: (service: TargetName) => void;
}

/** Those of one service. */
export interface Instances {
  readonly targets: readonly Target[];
  /** Why there are none. */
  readonly failure?: string | undefined;
}
