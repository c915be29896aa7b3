import { DerError, TAG, type DerElement } from '../asn1/der-reader.ts';
import { defect, demand } from './defect.ts';
import type { CertificateRole } from './profile.ts';

const UTC_TIME = /^\d{12}Z$/;
const GENERALIZED_TIME = /^\d{14}Z$/;

/** Reads a Time as RFC 5280 section 4.1.2.5 restricts it: in UTC, with seconds, of the type that its year asks for. */
export function readTime(role: CertificateRole, { tag, content }: DerElement): number {
  const text = Buffer.from(content.subarray(0, 32)).toString('latin1');
  if (tag === TAG.utcTime) {
    demand(UTC_TIME.test(text), `${role}-time-form`, text);
    return secondsOf(role, `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`);
  }
  if (tag !== TAG.generalizedTime) throw new DerError('tag', `validity: tag ${tag}`);
  demand(GENERALIZED_TIME.test(text), `${role}-time-form`, text);
  demand(Number(text.slice(0, 4)) >= 2050, `${role}-time-type`, text);
  return secondsOf(role, text);
}

function secondsOf(role: CertificateRole, digits: string): number {
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const milliseconds = Date.parse(iso);
  // Date.parse rolls 30 February over to March, and writing it out again shows that.
  const exists = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === iso;
  if (!exists) throw defect(`${role}-time-date`, digits);
  return milliseconds / 1000;
}
