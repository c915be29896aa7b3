import { hash } from 'node:crypto';
import { explicit, implicit, octetString, oid, sequence, smallInteger, utf8String, yes } from '../../src/asn1/der-writer.ts';
import { keyIdentifier } from '../../src/certificate/key-identifier.ts';
import { OID, OWN_ARC } from '../../src/certificate/profile.ts';
import { adding, exchange, extension, nameOf, NOTHING, NULL, without, type CertificateSpec } from './chain-builder.ts';
import { either, identityCase, leafCase, type InvalidCase } from './invalid-case.ts';

const NAME_CONSTRAINTS = '2.5.29.30';
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';
const ANY_PURPOSE = '2.5.29.37.0';

/** Everything about extensions but the names in them. */
export const EXTENSION_CASES: readonly InvalidCase[] = [
  ...either('extensions-missing', 'no extensions', () => ({ extensionsField: () => NOTHING })),
  ...either('extensions-missing', 'an empty list of extensions', () => ({ extensions: [] }), 'empty'),
  ...either('extension-repeated', 'the subjectAltName twice', (spec) => adding(spec, ...named(spec, OID.subjectAltName))),
  ...either(
    'extension-repeated',
    'the keyUsage twice, the second with every use',
    (spec) => adding(spec, extension(OID.keyUsage, true, Uint8Array.of(0x03, 0x02, 0x00, 0xff))),
    'key-usage',
  ),
  ...either('extension-critical', 'a critical extension that nobody knows', (spec) =>
    adding(spec, extension('1.3.6.1.4.1.99999.1', true, NULL)),
  ),
  ...either(
    'extension-critical',
    'a critical extension of a later release',
    (spec) => adding(spec, extension(`${OWN_ARC}.99`, true, NULL)),
    'own',
  ),
  ...either(
    'extension-critical',
    'critical name constraints',
    (spec) => adding(spec, extension(NAME_CONSTRAINTS, true, sequence())),
    'name-constraints',
  ),
  ...either('extension-foreign', 'an extension that nobody knows', (spec) =>
    adding(spec, extension('1.3.6.1.4.1.99999.1', false, NULL)),
  ),
  ...either(
    'extension-foreign',
    'name constraints',
    (spec) => adding(spec, extension(NAME_CONSTRAINTS, false, sequence())),
    'name-constraints',
  ),
  ...either(
    'extension-foreign',
    'issuerAltName',
    (spec) => adding(spec, extension('2.5.29.18', false, sequence())),
    'issuer-alt-name',
  ),
  ...either(
    'extension-foreign',
    'an extension beside our arc',
    (spec) => adding(spec, extension(`${OWN_ARC}9.1`, false, NULL)),
    'beside',
  ),
  leafCase(
    'leaf-extension-foreign',
    'leaf: a subjectKeyIdentifier',
    (spec) => adding(spec, extension(OID.subjectKeyIdentifier, false, octetString(new Uint8Array(20)))),
    'ski',
  ),
  identityCase(
    'identity-extension-foreign',
    'identity certificate: an extendedKeyUsage',
    (spec) => adding(spec, extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth)))),
    'eku',
  ),
  leafCase('leaf-history-present', 'leaf: a key history', (spec, world) =>
    adding(spec, extension(OID.keyHistory, false, sequence(...world.service.history.wires.map(utf8String)))),
  ),
  identityCase('identity-membership-present', 'identity certificate: a membership', (spec) =>
    adding(spec, extension(OID.membership, false, utf8String(Buffer.from('{}')))),
  ),
  leafCase('leaf-membership-critical', 'leaf: a critical membership', (spec) =>
    adding(spec, extension(OID.membership, true, utf8String(Buffer.from('{}')))),
  ),

  ...either('basic-constraints-missing', 'no basicConstraints', (spec) => without(spec, OID.basicConstraints)),
  ...either('basic-constraints-not-critical', 'basicConstraints that are not critical', (spec) =>
    uncritical(spec, OID.basicConstraints),
  ),
  leafCase('leaf-ca', 'leaf: cA is true', (spec) => withValue(spec, OID.basicConstraints, sequence(yes()))),
  leafCase(
    'leaf-ca',
    'leaf: the constraints of an identity certificate',
    (spec) => withValue(spec, OID.basicConstraints, sequence(yes(), smallInteger(0))),
    'path',
  ),
  leafCase('leaf-path-length', 'leaf: a path length', (spec) => withValue(spec, OID.basicConstraints, sequence(smallInteger(0)))),
  identityCase('identity-not-ca', 'identity certificate: cA is false', (spec) =>
    withValue(spec, OID.basicConstraints, sequence()),
  ),
  identityCase(
    'identity-not-ca',
    'identity certificate: cA is false, with a path length',
    (spec) => withValue(spec, OID.basicConstraints, sequence(smallInteger(0))),
    'path',
  ),
  identityCase('identity-path-length-missing', 'identity certificate: no path length', (spec) =>
    withValue(spec, OID.basicConstraints, sequence(yes())),
  ),
  identityCase('identity-path-length', 'identity certificate: path length 1', (spec) =>
    withValue(spec, OID.basicConstraints, sequence(yes(), smallInteger(1))),
  ),
  identityCase(
    'identity-path-length',
    'identity certificate: path length -1',
    (spec) => withValue(spec, OID.basicConstraints, sequence(yes(), Uint8Array.of(0x02, 0x01, 0xff))),
    'negative',
  ),

  ...either('key-usage-missing', 'no keyUsage', (spec) => without(spec, OID.keyUsage)),
  ...either('key-usage-not-critical', 'a keyUsage that is not critical', (spec) => uncritical(spec, OID.keyUsage)),
  ...either('key-usage-other', 'another use instead', (spec) =>
    withValue(spec, OID.keyUsage, Uint8Array.of(0x03, 0x02, 0x01, 0x02)),
  ),
  ...either('key-usage-other', 'no use', (spec) => withValue(spec, OID.keyUsage, Uint8Array.of(0x03, 0x01, 0x00)), 'none'),
  ...either('key-usage-extra', 'both to sign handshakes and certificates', (spec) =>
    withValue(spec, OID.keyUsage, Uint8Array.of(0x03, 0x02, 0x02, 0x84)),
  ),
  ...either(
    'key-usage-extra',
    'decipherOnly as well, in a second octet',
    (spec) => withValue(spec, OID.keyUsage, Uint8Array.of(0x03, 0x03, 0x07, 0x84, 0x80)),
    'decipher',
  ),

  leafCase('leaf-eku-missing', 'leaf: no extendedKeyUsage', (spec) => without(spec, OID.extendedKeyUsage)),
  leafCase('leaf-eku-critical', 'leaf: a critical extendedKeyUsage', (spec) =>
    exchange(
      spec,
      OID.extendedKeyUsage,
      extension(OID.extendedKeyUsage, true, sequence(oid(OID.serverAuth), oid(OID.clientAuth))).der,
    ),
  ),
  leafCase('leaf-eku-repeated', 'leaf: serverAuth twice', (spec) =>
    purposes(spec, OID.serverAuth, OID.clientAuth, OID.serverAuth),
  ),
  leafCase('leaf-eku-server-missing', 'leaf: clientAuth alone', (spec) => purposes(spec, OID.clientAuth)),
  leafCase('leaf-eku-server-missing', 'leaf: no purpose', (spec) => purposes(spec), 'empty'),
  leafCase('leaf-eku-server-missing', 'leaf: any purpose', (spec) => purposes(spec, ANY_PURPOSE), 'any'),
  leafCase('leaf-eku-client-missing', 'leaf: serverAuth alone', (spec) => purposes(spec, OID.serverAuth)),
  leafCase(
    'leaf-eku-client-missing',
    'leaf: e-mail in place of clientAuth',
    (spec) => purposes(spec, OID.serverAuth, EMAIL_PROTECTION),
    'email',
  ),
  leafCase('leaf-eku-extra', 'leaf: e-mail as well', (spec) => purposes(spec, OID.serverAuth, OID.clientAuth, EMAIL_PROTECTION)),
  leafCase(
    'leaf-eku-extra',
    'leaf: any purpose as well',
    (spec) => purposes(spec, OID.serverAuth, OID.clientAuth, ANY_PURPOSE),
    'any',
  ),

  leafCase('leaf-aki-missing', 'leaf: no authorityKeyIdentifier', (spec) => without(spec, OID.authorityKeyIdentifier)),
  leafCase('leaf-aki-critical', 'leaf: a critical authorityKeyIdentifier', (spec, world) =>
    exchange(
      spec,
      OID.authorityKeyIdentifier,
      extension(OID.authorityKeyIdentifier, true, sequence(implicit(0, keyIdentifier(world.service.point)))).der,
    ),
  ),
  leafCase('leaf-aki-form', 'leaf: issuer and serial number beside the key identifier', (spec, world) =>
    withValue(
      spec,
      OID.authorityKeyIdentifier,
      sequence(
        implicit(0, keyIdentifier(world.service.point)),
        explicit(1, explicit(4, nameOf(world.service.history.id, 0))),
        implicit(2, Uint8Array.of(1)),
      ),
    ),
  ),
  leafCase(
    'leaf-aki-form',
    'leaf: an empty authorityKeyIdentifier',
    (spec) => withValue(spec, OID.authorityKeyIdentifier, sequence()),
    'empty',
  ),
  leafCase('leaf-aki', 'leaf: the key identifier of another identity', (spec, world) =>
    withValue(spec, OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(world.other.point)))),
  ),
  leafCase(
    'leaf-aki',
    'leaf: an empty key identifier',
    (spec) => withValue(spec, OID.authorityKeyIdentifier, sequence(implicit(0, NOTHING))),
    'empty',
  ),
  identityCase('identity-ski-missing', 'identity certificate: no subjectKeyIdentifier', (spec) =>
    without(spec, OID.subjectKeyIdentifier),
  ),
  identityCase('identity-ski-critical', 'identity certificate: a critical subjectKeyIdentifier', (spec, world) =>
    exchange(
      spec,
      OID.subjectKeyIdentifier,
      extension(OID.subjectKeyIdentifier, true, octetString(keyIdentifier(world.service.point))).der,
    ),
  ),
  identityCase('identity-ski', 'identity certificate: the key identifier of another identity', (spec, world) =>
    withValue(spec, OID.subjectKeyIdentifier, octetString(keyIdentifier(world.other.point))),
  ),
  identityCase(
    'identity-ski',
    'identity certificate: a key identifier by SHA-1',
    (spec, world) => withValue(spec, OID.subjectKeyIdentifier, octetString(hash('sha1', world.service.point, 'buffer'))),
    'sha1',
  ),
];

function named(spec: CertificateSpec, name: string): CertificateSpec['extensions'] {
  return spec.extensions.filter((entry) => entry.name === name);
}

function uncritical(spec: CertificateSpec, name: string): Pick<CertificateSpec, 'extensions'> {
  return {
    extensions: spec.extensions.map((entry) => (entry.name === name ? { name, der: withoutFlag(entry.der, name) } : entry)),
  };
}

/** SEQUENCE { OID, TRUE, value } without the TRUE. */
function withoutFlag(der: Uint8Array, name: string): Uint8Array {
  const flag = 2 + oid(name).length;
  return sequence(der.subarray(2, flag), der.subarray(flag + 3));
}

function withValue(spec: CertificateSpec, name: string, value: Uint8Array): Pick<CertificateSpec, 'extensions'> {
  const critical = name === OID.basicConstraints || name === OID.keyUsage;
  return exchange(spec, name, extension(name, critical, value).der);
}

function purposes(spec: CertificateSpec, ...names: readonly string[]): Pick<CertificateSpec, 'extensions'> {
  return withValue(spec, OID.extendedKeyUsage, sequence(...names.map((name) => oid(name))));
}
