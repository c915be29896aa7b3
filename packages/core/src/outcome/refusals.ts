import type { APP_REFUSALS } from '../app/refusals.ts';
import type { CERTIFICATE_REFUSALS } from '../certificate/refusals.ts';
import type { DOOR_REFUSALS } from '../door/refusals.ts';
import type { IDENTITY_REFUSALS } from '../identity/refusals.ts';
import type { NODE_REFUSALS } from '../record/node-refusals.ts';
import type { POLICY_REFUSALS } from '../policy/refusals.ts';
import type { RECORD_REFUSALS } from '../record/refusals.ts';
import type { STATEMENT_REFUSALS } from '../statement/refusals.ts';
import type { TRUST_REFUSALS } from '../trust/refusals.ts';

/**
 * Every reason for which a statement, a certificate, a peer or a request is refused. The same text is the log field,
 * the metric label and the answer.
 */
export type RefusalCode =
  | keyof typeof STATEMENT_REFUSALS
  | keyof typeof IDENTITY_REFUSALS
  | keyof typeof CERTIFICATE_REFUSALS
  | keyof typeof APP_REFUSALS
  | keyof typeof RECORD_REFUSALS
  | keyof typeof NODE_REFUSALS
  | keyof typeof POLICY_REFUSALS
  | keyof typeof TRUST_REFUSALS
  | keyof typeof DOOR_REFUSALS;

export interface Refusal {
  readonly code: RefusalCode;
  /** What was seen and what was wanted. Printable, bounded, free of secrets. */
  readonly detail: string;
}
