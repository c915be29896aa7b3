import { DerError } from '../asn1/der-reader.ts';
import type { Refusal, RefusalCode } from '../outcome/refusals.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { CertificateRole } from './profile.ts';

/** The one defect for which a certificate is refused. Never leaves this package: {@link judge} turns it into a verdict. */
export class CertificateDefect extends Error {
  override readonly name = 'CertificateDefect';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** One check of the list that a certificate must pass. State what must hold: a comparison with NaN then fails, as it should. */
export function demand(holds: boolean, code: RefusalCode, detail: string): asserts holds {
  if (!holds) throw defect(code, detail);
}

export function defect(code: RefusalCode, detail: string): CertificateDefect {
  return new CertificateDefect(refuse(code, detail).refusal);
}

/** What another part of the package has verified, or its refusal as the one of the certificate. */
export function believe<T>(verdict: Verdict<T>): T {
  if (verdict.ok) return verdict.value;
  throw new CertificateDefect(verdict.refusal);
}

/** Runs a list of checks. */
export function judge<T>(checks: () => T): Verdict<T> {
  try {
    return accept(checks());
  } catch (error) {
    if (error instanceof CertificateDefect) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

/** Runs what reads DER of one of the certificates. */
export function reading<T>(role: CertificateRole, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw defect(`${role}-der-${error.defect}`, error.message);
    throw error;
  }
}
