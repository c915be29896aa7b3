import { connectivityState, experimental, Metadata, status } from '@grpc/grpc-js';
import type { TargetName } from '@themis-mesh/core';
import type { Target } from '@themis-mesh/mesh';
import type { Guided } from './guided.ts';
import type { Scene } from './scene.ts';

/** An instance, and gRPC's connection to it. */
export interface Child {
  readonly service: TargetName;
  readonly target: Target;
  readonly balancer: experimental.LeafLoadBalancer;
}

/** The instances of one service, as they stand at one moment. */
interface Pool {
  /** Those with a connection. */
  readonly ready: readonly Target[];
  readonly all: readonly Target[];
  readonly pickers: ReadonlyMap<Target, experimental.Picker>;
  readonly isConnecting: boolean;
}

/** Where calls go, for as long as no connection comes or goes. */
export class MeshPicker implements experimental.Picker {
  readonly #scene: Scene;
  readonly #pools = new Map<TargetName, Pool>();
  readonly #lastError: string;

  constructor(scene: Scene, children: readonly Child[], lastError = 'none was made') {
    this.#scene = scene;
    this.#lastError = lastError;
    for (const service of scene.services.keys()) {
      this.#pools.set(service, poolOf(children.filter((child) => child.service === service)));
    }
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    const guided = this.#scene.selector.callOf(args);
    if (guided === undefined) return QUEUE;
    const { call } = guided;
    const pool = this.#pools.get(call.service);
    if (pool === undefined) {
      this.#scene.want(call.service);
      return QUEUE;
    }
    const target = call.pick(call.choices(pool.ready));
    if (target === undefined) return this.#none(guided, pool);
    if (!guided.mayTry(args.metadata)) return refused(guided);
    const result = pool.pickers.get(target)?.pick(args) ?? QUEUE;
    return result.pickResultType === experimental.PickResultType.COMPLETE ? noted(result, guided, target) : result;
  }

  #none({ call }: Guided, { all, isConnecting }: Pool): experimental.PickResult {
    const { service } = call;
    if (call.choices(all).length === 0) {
      // Where nobody knew it, it is asked for again after a while.
      this.#scene.want(service);
      const { failure = `THEMIS_NO_INSTANCE: ${service}` } = this.#scene.services.get(service) ?? {};
      return unavailable(experimental.PickResultType.TRANSIENT_FAILURE, failure);
    }
    if (isConnecting) return QUEUE;
    const details = `no connection to ${service}; last error: ${this.#lastError}`;
    return unavailable(experimental.PickResultType.TRANSIENT_FAILURE, details);
  }
}

function poolOf(children: readonly Child[]): Pool {
  const ready = children.filter(({ balancer }) => balancer.getConnectivityState() === connectivityState.READY);
  return {
    ready: ready.map(({ target }) => target),
    all: children.map(({ target }) => target),
    pickers: new Map(ready.map(({ target, balancer }) => [target, balancer.getPicker()])),
    isConnecting: children.some(({ balancer }) => {
      const state = balancer.getConnectivityState();
      return state === connectivityState.CONNECTING || state === connectivityState.IDLE;
    }),
  };
}

/** Has what becomes of a try told to the mesh. */
function noted(result: experimental.PickResult, guided: Guided, target: Target): experimental.PickResult {
  let over: ReturnType<Guided['tryAt']> | undefined;
  return {
    ...result,
    onCallStarted: () => {
      result.onCallStarted?.();
      over = guided.tryAt(target);
    },
    onCallEnded: (code, details, metadata) => {
      result.onCallEnded?.(code, details, metadata);
      over?.(code, details);
    },
  };
}

/** A second try that nobody pays for: the first one's end is the call's, where it has ended; else it goes on alone. */
function refused({ isHedged, failure }: Guided): experimental.PickResult {
  const { TRANSIENT_FAILURE, DROP } = experimental.PickResultType;
  return unavailable(isHedged ? TRANSIENT_FAILURE : DROP, failure === '' ? 'no retry is left in the budget' : failure);
}

function unavailable(
  pickResultType: experimental.PickResultType.TRANSIENT_FAILURE | experimental.PickResultType.DROP,
  details: string,
): experimental.PickResult {
  return {
    pickResultType,
    subchannel: null,
    status: { code: status.UNAVAILABLE, details, metadata: new Metadata() },
    onCallStarted: null,
    onCallEnded: null,
  };
}

/** It is asked again when a connection comes or goes, or the directory knows more. */
const QUEUE: experimental.PickResult = {
  pickResultType: experimental.PickResultType.QUEUE,
  subchannel: null,
  status: null,
  onCallStarted: null,
  onCallEnded: null,
};
