import type { Decision } from '@themis-mesh/core';
import type { OpenRequest } from '@themis-mesh/telemetry';

/** Tells what the policies said of a request: which one, by which rule, and what one that audits would have refused. */
export function logDecision(open: OpenRequest, { policy, rule, audit, ...decision }: Decision): void {
  open.policy = audit?.policy ?? policy;
  open.rule = audit?.rule ?? rule;
  open.audit = audit !== undefined;
  if (!decision.allowed) open.refusal = decision.because;
}
