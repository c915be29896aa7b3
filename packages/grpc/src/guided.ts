import { status, type Metadata } from '@grpc/grpc-js';
import { httpStatusOfGrpc, type GuidedCall, type GuidedTry, type Outcome, type Target } from '@themis-mesh/mesh';

/** Under which name gRPC says how often it has sent a call before (A6, "Exposed Retry Metadata"). */
const PREVIOUS_ATTEMPTS = 'grpc-previous-rpc-attempts';

/** One call of a client of gRPC, between those parts of gRPC that have to do with it. */
export class Guided {
  readonly call: GuidedCall;
  /** Whether gRPC sends it a second time before the first has ended. */
  readonly isHedged: boolean;
  /** Why the last try came to nothing. */
  failure = '';
  readonly #underWay = new Set<GuidedTry>();
  #paidFor = 0;
  #isTried = false;

  constructor(call: GuidedCall, isHedged: boolean) {
    this.call = call;
    this.isHedged = isHedged;
  }

  /**
   * Whether the try may be made that is about to be: the first may, and so may those that gRPC makes because nothing of the call
   * was taken; the others are paid from the budget, once each.
   *
   * @param metadata as gRPC is about to send them
   */
  mayTry(metadata: Metadata): boolean {
    if (!this.#isTried) return true;
    const before = Number(metadata.get(PREVIOUS_ATTEMPTS)[0] ?? 0);
    if (before <= this.#paidFor) return true;
    if (!this.call.mayRepeat()) return false;
    this.#paidFor = before;
    return true;
  }

  /** @returns is called with how the try ended */
  tryAt(target: Target): (code: status, details: string) => void {
    const one = this.call.tryAt(target);
    this.#isTried = true;
    this.#underWay.add(one);
    return (code, details) => {
      this.#underWay.delete(one);
      this.failure = details;
      one.over(outcomeOf(code));
    };
  }

  /** Metadata came. Of several tries gRPC has ended the others by then. */
  answered(): void {
    for (const one of this.#underWay) one.answered('well');
  }
}

/** What an end says of the instance, as the statuses of HTTP do. */
function outcomeOf(code: status): Outcome {
  if (code === status.CANCELLED) return 'none';
  return httpStatusOfGrpc(code) >= 500 ? 'failed' : 'well';
}
