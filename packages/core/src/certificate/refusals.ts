/** Defects that both certificates of a chain can have. The code has `leaf-` or `identity-` before the name given here. */
const EITHER = {
  'too-large': 'The {certificate} takes more bytes than it may.',

  'der-truncated': 'An element of the {certificate} goes beyond the end of what it stands in.',
  'der-missing': 'A structure in the {certificate} ends before an element that it must have.',
  'der-surplus': 'A structure in the {certificate} has an element more than it may.',
  'der-trailing-bytes': 'Bytes follow the {certificate}.',
  'der-tag': 'An element of the {certificate} is of another type than the one that belongs there.',
  'der-tag-long': 'The {certificate} has a tag of more than one octet.',
  'der-constructed': 'A string in the {certificate} is put together from parts, as BER allows and DER does not.',
  'der-length-indefinite': 'An element of the {certificate} has an indefinite length, as BER allows and DER does not.',
  'der-length-padded': 'A length in the {certificate} takes more octets than it needs.',
  'der-length-long': 'A length in the {certificate} takes more than three octets.',
  'der-integer-empty': 'An INTEGER in the {certificate} has no octets.',
  'der-integer-padded': 'An INTEGER in the {certificate} takes more octets than it needs.',
  'der-boolean': 'A BOOLEAN in the {certificate} is neither 0x00 nor 0xff.',
  'der-default': 'The {certificate} spells out a value that is the default.',
  'der-bits': 'A BIT STRING in the {certificate} counts its unused bits wrong, or they are not zero.',
  'der-oid': 'An OBJECT IDENTIFIER in the {certificate} is malformed, or has a component beyond 31 bits.',

  'version-1': 'The {certificate} is of X.509 version 1.',
  'version-2': 'The {certificate} is of X.509 version 2.',
  'version-unknown': 'The {certificate} is of an X.509 version beyond 3.',
  'serial-negative': 'The serial number of the {certificate} is negative.',
  'serial-zero': 'The serial number of the {certificate} is zero.',
  'serial-long': 'The serial number of the {certificate} takes more than 20 octets.',
  algorithm: 'The {certificate} is signed with another algorithm than ECDSA with SHA-256.',
  'algorithm-parameters': 'The signature algorithm of the {certificate} has parameters.',
  'algorithm-differs': 'The {certificate} names one signature algorithm inside what is signed, and another outside.',
  issuer: 'The issuer of the {certificate} is not the subject of the identity certificate.',
  'time-form': 'A date of the {certificate} is not written as YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ.',
  'time-type': 'A date of the {certificate} before 2050 is a GeneralizedTime.',
  'time-date': 'A date of the {certificate} is not in the calendar.',
  'not-yet-valid': 'The {certificate} is dated in the future.',
  'issuer-unique-id': 'The {certificate} has an issuerUniqueID.',
  'subject-unique-id': 'The {certificate} has a subjectUniqueID.',
  'key-algorithm': 'The key of the {certificate} is not one of an elliptic curve.',
  'key-curve': 'The key of the {certificate} is on another curve than P-256.',
  'key-curve-missing': 'The key of the {certificate} names no curve.',
  'key-curve-explicit': 'The key of the {certificate} spells out the parameters of its curve.',
  'key-point-compressed': 'The key of the {certificate} is a compressed point.',
  'key-point-hybrid': 'The key of the {certificate} is a point in hybrid form.',
  'key-point-infinity': 'The key of the {certificate} is the point at infinity.',
  'key-point-form': 'The key of the {certificate} is not an uncompressed point of 65 octets.',
  'signature-range': 'A half of the signature of the {certificate} is zero, negative or longer than 256 bits.',
  signature: 'The signature of the {certificate} does not verify under the key of the identity.',

  'extensions-missing': 'The {certificate} has no extensions.',
  'extension-repeated': 'The {certificate} has an extension twice.',
  'extension-critical': 'The {certificate} has a critical extension that is not part of its profile.',
  'extension-foreign': 'The {certificate} has an extension that is neither part of its profile nor one of ours.',
  'basic-constraints-missing': 'The {certificate} has no basicConstraints.',
  'basic-constraints-not-critical': 'The basicConstraints of the {certificate} are not critical.',
  'key-usage-missing': 'The {certificate} has no keyUsage.',
  'key-usage-not-critical': 'The keyUsage of the {certificate} is not critical.',
  'key-usage-other': 'The keyUsage of the {certificate} lacks the one use that it must have.',
  'key-usage-extra': 'The keyUsage of the {certificate} has a use more than the one that it must have.',

  'san-missing': 'The {certificate} has no subjectAltName.',
  'san-empty': 'The subjectAltName of the {certificate} holds no name.',
  'san-count': 'The subjectAltName of the {certificate} holds more than one name.',
  'san-other-name': 'The subjectAltName of the {certificate} is an otherName.',
  'san-email': 'The subjectAltName of the {certificate} is an rfc822Name.',
  'san-dns': 'The subjectAltName of the {certificate} is a dNSName.',
  'san-x400': 'The subjectAltName of the {certificate} is an x400Address.',
  'san-directory': 'The subjectAltName of the {certificate} is a directoryName.',
  'san-edi-party': 'The subjectAltName of the {certificate} is an ediPartyName.',
  'san-ip': 'The subjectAltName of the {certificate} is an iPAddress.',
  'san-registered-id': 'The subjectAltName of the {certificate} is a registeredID.',
  'san-nul': 'The subjectAltName of the {certificate} holds a NUL.',
  'san-control': 'The subjectAltName of the {certificate} holds a control character.',
  'san-not-ascii': 'The subjectAltName of the {certificate} holds a byte beyond ASCII.',
  'san-scheme': 'The subjectAltName of the {certificate} does not begin with `spiffe://`.',
  'san-trust-domain': 'The trust domain in the subjectAltName of the {certificate} is not the ID of an identity.',
  'san-path': 'The path in the subjectAltName of the {certificate} is not the one of its profile.',
} as const;

/** Defects of a leaf alone. The code has `leaf-` before the name given here. */
const LEAF = {
  subject: 'The leaf has a subject: its only name is its subjectAltName.',
  'time-order': 'The leaf ends before it begins.',
  life: 'The leaf lives longer than a day.',
  expired: 'The leaf has ended.',
  'key-off-curve': 'The key of the leaf is no point of its curve.',
  ca: 'The leaf may sign certificates.',
  'path-length': 'The leaf has a path length.',
  'eku-missing': 'The leaf has no extendedKeyUsage.',
  'eku-critical': 'The extendedKeyUsage of the leaf is critical.',
  'eku-repeated': 'The extendedKeyUsage of the leaf names a purpose twice.',
  'eku-server-missing': 'The extendedKeyUsage of the leaf lacks serverAuth.',
  'eku-client-missing': 'The extendedKeyUsage of the leaf lacks clientAuth.',
  'eku-extra': 'The extendedKeyUsage of the leaf has a purpose beyond serverAuth and clientAuth.',
  'aki-missing': 'The leaf has no authorityKeyIdentifier.',
  'aki-critical': 'The authorityKeyIdentifier of the leaf is critical.',
  'aki-form': 'The authorityKeyIdentifier of the leaf is not a key identifier alone.',
  aki: 'The authorityKeyIdentifier of the leaf is not the subjectKeyIdentifier of the identity certificate.',
  'san-not-critical': 'The subjectAltName of the leaf is not critical, though it is the only name.',
  'other-identity': 'The subjectAltName of the leaf names another identity than the one that signed it.',
  'history-present': 'The leaf carries a key history.',
  'membership-critical': 'The membership in the leaf is critical.',
  'key-sequence': 'The leaf was signed under a newer event than the history held goes to.',
} as const;

/** Defects of an identity certificate alone. The code has `identity-` before the name given here. */
const IDENTITY = {
  serial: 'The serial number of the identity certificate does not follow from its last event and its key.',
  'subject-multi-value': 'A part of the subject of the identity certificate has more or fewer attributes than one.',
  'subject-attributes': 'The subject of the identity certificate is not exactly a common name and a serial number.',
  'subject-string': 'A string in the subject of the identity certificate is of another type than the profile says.',
  'subject-name': 'The common name of the identity certificate is not the ID in its subjectAltName.',
  'subject-sequence': 'The serial number in the subject of the identity certificate is not a key sequence in decimal.',
  'not-before': 'The identity certificate does not begin 60 seconds before its last event.',
  'not-after': 'The identity certificate ends: its history says that, not a date.',
  'not-ca': 'The identity certificate may not sign certificates.',
  'path-length-missing': 'The identity certificate has no path length.',
  'path-length': 'The path length of the identity certificate is not 0.',
  'ski-missing': 'The identity certificate has no subjectKeyIdentifier.',
  'ski-critical': 'The subjectKeyIdentifier of the identity certificate is critical.',
  ski: 'The subjectKeyIdentifier of the identity certificate does not follow from its key.',
  'san-critical': 'The subjectAltName of the identity certificate is critical, though it has a subject.',
  'membership-present': 'The identity certificate carries a membership.',
  'history-missing': 'The identity certificate carries no key history.',
  'history-critical': 'The key history in the identity certificate is critical.',
  'history-other-id': 'The identity certificate carries the key history of another identity.',
  'key-sequence': 'The subject of the identity certificate names another key sequence than its history ends with.',
  'key-foreign': 'The key of the identity certificate is not one of the operational keys that its history ends with.',
  threshold: 'The identity asks for more than one signer, and a certificate has one signature.',
} as const;

/** Defects of the chain as a whole. The code has `chain-` before the name given here. */
const CHAIN = {
  empty: 'The peer presented no certificate.',
  'identity-missing': 'The peer presented a leaf without its identity certificate.',
  'third-certificate': 'The peer presented more than a leaf and an identity certificate.',
  'signed-by-leaf': 'The second certificate is a leaf itself: a leaf signs nothing.',
} as const;

type Prefixed<P extends string, T> = `${P}-${keyof T & string}`;

export type CertificateRefusalCode =
  | Prefixed<'leaf', typeof EITHER & typeof LEAF>
  | Prefixed<'identity', typeof EITHER & typeof IDENTITY>
  | Prefixed<'chain', typeof CHAIN>;

/** Why a certificate chain is not believed. */
export const CERTIFICATE_REFUSALS: Readonly<Record<CertificateRefusalCode, string>> = Object.freeze({
  ...prefixed('leaf', { ...EITHER, ...LEAF }, 'leaf'),
  ...prefixed('identity', { ...EITHER, ...IDENTITY }, 'identity certificate'),
  ...prefixed('chain', CHAIN, 'chain'),
});

function prefixed<P extends string, T extends object>(
  prefix: P,
  meanings: T,
  certificate: string,
): Record<Prefixed<P, T>, string> {
  const entries = Object.entries(meanings).map(([name, meaning]) => [
    `${prefix}-${name}`,
    String(meaning).replaceAll('{certificate}', certificate),
  ]);
  return Object.fromEntries(entries) as Record<Prefixed<P, T>, string>;
}
