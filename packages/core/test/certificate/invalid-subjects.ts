import { element, oid, printableString, sequence, setOfOne, utf8String } from '../../src/asn1/der-writer.ts';
import { OID } from '../../src/certificate/profile.ts';
import { attribute, leafUri, nameOf, NOTHING, without, type CertificateSpec } from './chain-builder.ts';
import { identityCase, leafCase, type InvalidCase } from './invalid-case.ts';

/** Names beside the subjectAltName, where a verifier that reads text would find them. */
export const SUBJECT_CASES: readonly InvalidCase[] = [
  leafCase(
    'leaf-subject',
    'leaf: the ID of another identity as common name',
    (_spec, world) => ({ subject: nameOf(world.other.history.id, 0) }),
    'other',
  ),
  leafCase(
    'leaf-subject',
    'leaf: two attributes in one part of the subject',
    (_spec, world) => ({
      subject: sequence(element(0x31, commonName(world.other.history.id), commonName(world.service.history.id))),
    }),
    'multi-value',
  ),
  leafCase(
    'leaf-san-missing',
    'leaf: the URI as common name and no subjectAltName',
    (spec, world) => ({
      ...without(spec, OID.subjectAltName),
      subject: sequence(setOfOne(commonName(leafUri(world)))),
    }),
    'in-subject',
  ),

  identityCase('identity-subject-multi-value', 'identity certificate: both attributes in one part', (_spec, world) =>
    bothNames(sequence(element(0x31, commonName(world.service.history.id), serialNumber('0')))),
  ),
  identityCase('identity-subject-attributes', 'identity certificate: no serial number in the subject', (_spec, world) =>
    bothNames(sequence(setOfOne(commonName(world.service.history.id)))),
  ),
  identityCase(
    'identity-subject-attributes',
    'identity certificate: the attributes in the other order',
    (_spec, world) => bothNames(sequence(setOfOne(serialNumber('0')), setOfOne(commonName(world.service.history.id)))),
    'order',
  ),
  identityCase(
    'identity-subject-attributes',
    'identity certificate: an organization as well',
    (_spec, world) =>
      bothNames(
        sequence(
          setOfOne(commonName(world.service.history.id)),
          setOfOne(serialNumber('0')),
          attribute('2.5.4.10', utf8String(Buffer.from('Themis'))),
        ),
      ),
    'organization',
  ),
  identityCase(
    'identity-subject-attributes',
    'identity certificate: a second common name',
    (_spec, world) =>
      bothNames(
        sequence(
          setOfOne(commonName(world.service.history.id)),
          setOfOne(serialNumber('0')),
          setOfOne(commonName(world.other.history.id)),
        ),
      ),
    'second',
  ),
  identityCase('identity-subject-attributes', 'identity certificate: an empty subject', () => bothNames(sequence()), 'empty'),
  identityCase('identity-subject-string', 'identity certificate: the common name is a PrintableString', (_spec, world) =>
    bothNames(sequence(attribute(OID.commonName, printableString(world.service.history.id)), setOfOne(serialNumber('0')))),
  ),
  identityCase(
    'identity-subject-string',
    'identity certificate: the common name is a BMPString',
    (_spec, world) =>
      bothNames(
        sequence(
          attribute(OID.commonName, element(0x1e, Buffer.from(world.service.history.id, 'utf16le').swap16())),
          setOfOne(serialNumber('0')),
        ),
      ),
    'bmp',
  ),
  identityCase(
    'identity-subject-string',
    'identity certificate: the serial number is a UTF8String',
    (_spec, world) =>
      bothNames(
        sequence(setOfOne(commonName(world.service.history.id)), attribute(OID.serialNumber, utf8String(Buffer.from('0')))),
      ),
    'serial',
  ),
  identityCase('identity-subject-name', 'identity certificate: the ID of another identity as common name', (_spec, world) =>
    bothNames(nameOf(world.other.history.id, 0)),
  ),
  identityCase(
    'identity-subject-name',
    'identity certificate: the ID and a NUL as common name',
    (_spec, world) => bothNames(nameOf(`${world.service.history.id}\0`, 0)),
    'nul',
  ),
  ...['00', '-1', '', ' 0', '0x0', '100', '1e0'].map((text) =>
    identityCase(
      'identity-subject-sequence',
      `identity certificate: \`${text}\` as key sequence`,
      (_spec, world) => bothNames(nameOf(world.service.history.id, text)),
      `of ${text}`,
    ),
  ),
  identityCase('identity-key-sequence', 'identity certificate: a key sequence beyond its history', (_spec, world) =>
    bothNames(nameOf(world.service.history.id, 1)),
  ),
  identityCase(
    'identity-subject-multi-value',
    'identity certificate: a part of the subject without attribute',
    () => {
      const name = sequence(setOfOne(NOTHING));
      return { subject: name, issuer: name };
    },
    'none',
  ),
];

function bothNames(name: Uint8Array): Pick<CertificateSpec, 'subject' | 'issuer'> {
  return { subject: name, issuer: name };
}

function commonName(text: string): Uint8Array {
  return sequence(oid(OID.commonName), utf8String(Buffer.from(text)));
}

function serialNumber(text: string): Uint8Array {
  return sequence(oid(OID.serialNumber), printableString(text));
}
