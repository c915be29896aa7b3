import type { TargetName } from '@themis-mesh/core';
import type { LoggedProtocol, RequestLog } from '@themis-mesh/telemetry';
import type { Balancer } from '../find/balancer.ts';
import { Subsets } from '../find/subsets.ts';
import { readCallFields } from './call-fields.ts';
import { destinationOf } from './destination.ts';
import { harmOf } from './faults.ts';
import { GuidedCall } from './guided-call.ts';
import type { Lanes } from './lanes.ts';
import { servedDeadline } from './request-deadline.ts';

export interface GuideOptions {
  readonly lanes: Lanes;
  readonly balancer: Balancer;
  readonly requests: RequestLog;
  /** Random, 0 to below 1. */
  readonly chance: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What is known of a call before anything of it is sent. */
export interface CallHead {
  readonly protocol: LoggedProtocol;
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

/**
 * Tells clients that make and keep their own connections, as those of gRPC and of Node do, what the rules want of each call:
 * where it goes, until when, with whom, and what of it may be done twice. The client does it.
 */
export class Guide {
  readonly #options: GuideOptions;
  readonly #subsets = new Subsets();

  constructor(options: GuideOptions) {
    this.#options = options;
  }

  /** A call begins. Whoever makes it ends it, whatever becomes of it. */
  begin(service: TargetName, { protocol, method, path, headers }: CallHead): GuidedCall {
    const { lanes, balancer, requests, chance, now } = this.#options;
    const home = lanes.of(service);
    const { rules } = home;
    const fields = readCallFields(headers);
    const { service: other = service, labels } = rules.isDirect ? {} : (destinationOf(rules, headers, chance()) ?? {});
    const lane = other === service ? home : lanes.of(other);
    lane.budget.deposit(now());
    const left = Math.min(servedDeadline()?.left ?? Infinity, fields?.timeLeft ?? Infinity, rules.timeoutMs ?? Infinity);
    return new GuidedCall({
      ...{ called: service, service: other, labels, home, lane, balancer, now, subsets: this.#subsets },
      open: requests.outbound(protocol, other, method, path),
      isSafe: fields?.isSafe === true,
      left: left === Infinity ? undefined : left,
      harm: rules.isDirect ? undefined : harmOf(rules.faults, headers, chance),
    });
  }
}
