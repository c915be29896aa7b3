import type { Caller } from './caller.ts';
import { CallerPolicies, type Judgement, type RequestHead } from './caller-policies.ts';
import { CompiledPolicies, type NamedPolicy } from './compiled-policies.ts';
import type { Decision } from './decision.ts';

/**
 * What policies say of one request. Of several all that are enforced must allow, and the first that does not is named; with
 * none nobody may. Whoever asks often compiles them once.
 */
export function decide(caller: Caller, request: RequestHead, policies: readonly NamedPolicy[]): Judgement {
  return new CallerPolicies(new CompiledPolicies(policies), caller).request(request);
}

/** Whether a caller may connect: refused only where no request of it could be allowed. */
export function decideConnection(caller: Caller, policies: readonly NamedPolicy[]): Decision {
  return new CallerPolicies(new CompiledPolicies(policies), caller).connection;
}
