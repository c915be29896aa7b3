import type { RefusalCode } from '../outcome/refusals.ts';

/** What policies say of a request or a connection. The same value is the log field, the metric label and the answer to "why". */
export type Decision = Allowed | Denied;

export interface Allowed {
  readonly allowed: true;
  /** The policy that decided. */
  readonly policy: string;
  /** Its rule: a name, `allow`, or `default`; `path`, `method` and `headers` where the request could not be judged. */
  readonly rule: string;
  /** What would have been refused, if what is in audit mode were enforced. */
  readonly audit?: AuditFinding;
}

export interface Denied {
  readonly allowed: false;
  readonly policy: string;
  readonly rule: string;
  readonly because: RefusalCode;
  readonly audit?: AuditFinding;
}

/** A refusal that was not carried out. */
export interface AuditFinding {
  readonly policy: string;
  readonly rule: string;
  readonly because: RefusalCode;
}

/** Without a policy nobody may. */
export const NO_POLICY: Denied = Object.freeze({ allowed: false, policy: 'none', rule: 'default', because: 'policy-deny-all' });
