import { status, type experimental, type Metadata } from '@grpc/grpc-js';
import type { TargetName } from '@themis-mesh/core';
import { httpStatusOfGrpc, type CallRules, type Guide, type GuidedCall } from '@themis-mesh/mesh';
import { CallFilter } from './call-filter.ts';
import { Guided } from './guided.ts';
import { fieldsOf } from './metadata-fields.ts';

type CallConfig = ReturnType<experimental.ConfigSelector['invoke']>;
type MethodConfig = CallConfig['methodConfig'];

/** Under which name gRPC hands on to the balancer which call it is about. */
const CALL = 'themis-call';

/** How often gRPC may be asked to send one call, and how much slower each time (A6). */
const MOST_ATTEMPTS = 5;
const BACKOFF_MULTIPLIER = 2;

/** Asks what the rules want of each call to a service, as it begins, and says it in gRPC's words. */
export class CallSelector implements experimental.ConfigSelector {
  readonly #guide: Guide;
  readonly #service: TargetName;
  readonly #calls = new Map<string, Guided>();
  #last = 0;

  constructor(guide: Guide, service: TargetName) {
    this.#guide = guide;
    this.#service = service;
  }

  invoke(path: string, metadata: Metadata): CallConfig {
    const call = this.#guide.begin(this.#service, { protocol: 'grpc', method: 'POST', path, headers: fieldsOf(metadata) });
    const methodConfig = methodConfigOf(call, metadata);
    const id = String((this.#last += 1));
    const guided = new Guided(call, methodConfig.hedgingPolicy !== undefined);
    this.#calls.set(id, guided);
    const createFilter = (): CallFilter => new CallFilter(guided, () => this.#calls.delete(id));
    return {
      methodConfig,
      status: status.OK,
      pickInformation: { [CALL]: id },
      dynamicFilterFactories: [{ createFilter }],
    };
  }

  /** The call that the balancer is asked about; undefined where it has ended. */
  callOf({ extraPickInfo }: experimental.PickArgs): Guided | undefined {
    return this.#calls.get(extraPickInfo[CALL] ?? '');
  }

  unref(): void {
    // It holds nothing that has to be let go of: it lives as long as the mesh.
  }
}

function methodConfigOf({ left, isSafe, rules }: GuidedCall, metadata: Metadata): MethodConfig {
  const config: MethodConfig = { name: [] };
  if (left !== undefined && left > 0) {
    const seconds = Math.floor(left / 1000);
    config.timeout = { seconds, nanos: Math.floor((left - seconds * 1000) * 1e6) };
  }
  if (!isSafe) return config;
  // gRPC does the one or the other. A second try that waits for a connection could be waited for for ever.
  if (rules.hedgeAfterMs !== undefined && metadata.getOptions().waitForReady !== true) {
    config.hedgingPolicy = {
      maxAttempts: 2,
      hedgingDelay: secondsOf(rules.hedgeAfterMs),
      nonFatalStatusCodes: [status.UNAVAILABLE],
    };
  } else if (rules.retries.attempts > 0) {
    config.retryPolicy = {
      maxAttempts: Math.min(MOST_ATTEMPTS, rules.retries.attempts + 1),
      initialBackoff: secondsOf(rules.retries.baseMs),
      maxBackoff: secondsOf(Math.max(rules.retries.baseMs, rules.retries.maxMs)),
      backoffMultiplier: BACKOFF_MULTIPLIER,
      retryableStatusCodes: codesAgain(rules),
    };
  }
  return config;
}

/** UNAVAILABLE is how gRPC says that a connection was lost. */
function codesAgain({ retries }: CallRules): status[] {
  const all = Object.values(status).filter((code) => typeof code === 'number');
  return all.filter((code) => code === status.UNAVAILABLE || retries.statuses.has(httpStatusOfGrpc(code)));
}

function secondsOf(milliseconds: number): string {
  return `${milliseconds / 1000}s`;
}
