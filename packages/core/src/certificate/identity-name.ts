import { DerReader, TAG, type DerElement } from '../asn1/der-reader.ts';
import { oid, printableString, sequence, setOfOne, utf8String } from '../asn1/der-writer.ts';
import type { IdentityId } from '../identity/id.ts';
import { demand } from './defect.ts';
import { OID } from './profile.ts';

// RFC 5280 appendix A: a common name may be a UTF8String, a serial number is a PrintableString.
const ATTRIBUTES = [
  { name: OID.commonName, tag: TAG.utf8String },
  { name: OID.serialNumber, tag: TAG.printableString },
] as const;

const SEQUENCE_NUMBER = /^(0|[1-9][0-9]?)$/;

/** `CN=<ID>, serialNumber=<key sequence>`: the subject of an identity certificate, its issuer, and the issuer of leaves. */
export function writeIdentityName(id: IdentityId, keySeq: number): Uint8Array {
  return sequence(
    setOfOne(sequence(oid(OID.commonName), utf8String(Buffer.from(id, 'latin1')))),
    setOfOne(sequence(oid(OID.serialNumber), printableString(String(keySeq)))),
  );
}

/** @returns the key sequence that the name claims */
export function readIdentityName(name: Uint8Array, id: IdentityId): number {
  const parts = new DerReader(name).enter(TAG.sequence, 'subject');
  const values: DerElement[] = [];
  while (!parts.done) {
    const attributes = parts.enter(TAG.set, 'part of the subject');
    demand(!attributes.done, 'identity-subject-multi-value', 'no attribute');
    const attribute = attributes.enter(TAG.sequence, 'attribute');
    demand(attributes.done, 'identity-subject-multi-value', 'more than one attribute');
    const type = attribute.oid('attribute type');
    const value = attribute.next('attribute value');
    attribute.finish('attribute');
    const wanted = ATTRIBUTES[values.length];
    demand(type === wanted?.name, 'identity-subject-attributes', `${type} in place ${values.length}`);
    demand(value.tag === wanted.tag, 'identity-subject-string', `tag ${value.tag}, wanted ${wanted.tag}`);
    values.push(value);
  }
  const [commonName, keySeq] = values.map((value) => Buffer.from(value.content).toString('latin1'));
  demand(commonName !== undefined && keySeq !== undefined, 'identity-subject-attributes', `${values.length} attributes`);
  demand(commonName === id, 'identity-subject-name', commonName.slice(0, 80));
  demand(SEQUENCE_NUMBER.test(keySeq), 'identity-subject-sequence', keySeq.slice(0, 20));
  return Number(keySeq);
}
