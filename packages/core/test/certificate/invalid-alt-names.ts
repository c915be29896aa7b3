import { explicit, implicit, oid, sequence, utf8String } from '../../src/asn1/der-writer.ts';
import { OID } from '../../src/certificate/profile.ts';
import {
  attribute,
  exchange,
  extension,
  leafUri,
  nameOf,
  uri,
  without,
  type CertificateSpec,
  type World,
} from './chain-builder.ts';
import { isLeaf, sanOf, uriOf } from './invalid-encoding.ts';
import { either, identityCase, leafCase, type InvalidCase } from './invalid-case.ts';

const OVERLONG_SLASH = Uint8Array.of(0xc0, 0xaf);
const FULLWIDTH_SLASH = Buffer.from('\uff0f');

/** The one name that counts. */
export const ALT_NAME_CASES: readonly InvalidCase[] = [
  ...either('san-missing', 'no subjectAltName', (spec) => without(spec, OID.subjectAltName)),
  ...either('san-empty', 'a subjectAltName without a name', (spec) => sanOf(spec)),
  ...either('san-count', 'the right URI, then one of another identity', (spec, world) =>
    sanOf(spec, uri(uriOf(spec, world)), uri(`spiffe://${world.other.history.id}`)),
  ),
  ...either(
    'san-count',
    'a URI of another identity, then the right one',
    (spec, world) => sanOf(spec, uri(`spiffe://${world.other.history.id}`), uri(uriOf(spec, world))),
    'reversed',
  ),
  ...either(
    'san-count',
    'the right URI twice',
    (spec, world) => sanOf(spec, uri(uriOf(spec, world)), uri(uriOf(spec, world))),
    'same',
  ),
  ...either(
    'san-count',
    'the right URI 150 times',
    (spec, world) => sanOf(spec, ...Array.from({ length: 150 }, () => uri(uriOf(spec, world)))),
    'many',
  ),
  ...either(
    'san-count',
    'the right URI and a DNS name',
    (spec, world) => sanOf(spec, uri(uriOf(spec, world)), implicit(2, Buffer.from('payments'))),
    'dns',
  ),
  ...either(
    'san-count',
    'an otherName and the right URI',
    (spec, world) => sanOf(spec, otherName(uriOf(spec, world)), uri(uriOf(spec, world))),
    'other',
  ),
  ...either('san-other-name', 'the URI in an otherName', (spec, world) => sanOf(spec, otherName(uriOf(spec, world)))),
  ...either('san-email', 'the URI in an rfc822Name', (spec, world) => sanOf(spec, implicit(1, Buffer.from(uriOf(spec, world))))),
  ...either('san-dns', 'the ID in a dNSName', (spec, world) => sanOf(spec, implicit(2, Buffer.from(world.service.history.id)))),
  ...either('san-dns', 'the URI in a dNSName', (spec, world) => sanOf(spec, implicit(2, Buffer.from(uriOf(spec, world)))), 'uri'),
  ...either('san-x400', 'an x400Address', (spec) => sanOf(spec, explicit(3, sequence()))),
  ...either('san-directory', 'the ID in a directoryName', (spec, world) =>
    sanOf(spec, explicit(4, nameOf(world.service.history.id, 0))),
  ),
  ...either('san-edi-party', 'an ediPartyName', (spec) => sanOf(spec, explicit(5, sequence()))),
  ...either('san-ip', 'an iPAddress', (spec) => sanOf(spec, implicit(7, Uint8Array.of(127, 0, 0, 1)))),
  ...either('san-registered-id', 'a registeredID', (spec) => sanOf(spec, implicit(8, Uint8Array.of(0x2a, 0x03)))),

  ...atThreePlaces('san-nul', 'a NUL', Uint8Array.of(0)),
  ...atThreePlaces('san-control', 'a line feed', Buffer.from('\n')),
  ...atThreePlaces('san-control', 'a carriage return', Buffer.from('\r'), 'cr'),
  ...atThreePlaces('san-control', 'a DEL', Uint8Array.of(0x7f), 'del'),
  ...atThreePlaces('san-not-ascii', 'a slash in overlong UTF-8', OVERLONG_SLASH),
  ...atThreePlaces('san-not-ascii', 'a full-width slash', FULLWIDTH_SLASH, 'fullwidth'),
  ...atThreePlaces('san-not-ascii', 'a lone continuation byte', Uint8Array.of(0xa0), 'continuation'),

  ...['https://', 'SPIFFE://', 'spiffe:/', '//', 'URI:spiffe://', ' spiffe://', 'x, URI:spiffe://'].flatMap((scheme, index) =>
    either(
      'san-scheme',
      `\`${scheme}\` in place of \`spiffe://\``,
      (spec, world) => sanOf(spec, uri(uriOf(spec, world).replace('spiffe://', scheme))),
      index === 0 ? undefined : String(index),
    ),
  ),
  ...either('san-trust-domain', 'a trust domain that is no ID', (spec, world) => withDomain(spec, world, () => 'example.org')),
  ...either(
    'san-trust-domain',
    'the ID in capitals',
    (spec, world) => withDomain(spec, world, (id) => id.toUpperCase()),
    'capitals',
  ),
  ...either('san-trust-domain', 'a port', (spec, world) => withDomain(spec, world, (id) => `${id}:443`), 'port'),
  ...either('san-trust-domain', 'a user name', (spec, world) => withDomain(spec, world, (id) => `${id}@${id}`), 'user'),
  ...either('san-trust-domain', 'a trailing dot', (spec, world) => withDomain(spec, world, (id) => `${id}.`), 'dot'),
  ...either('san-trust-domain', 'an ID of 51 characters', (spec, world) => withDomain(spec, world, (id) => id.slice(1)), 'short'),
  ...either(
    'san-trust-domain',
    'an ID whose last character has bits beyond the digest',
    (spec, world) => withDomain(spec, world, (id) => `${id.slice(0, -1)}b`),
    'bits',
  ),
  ...either('san-trust-domain', 'no trust domain', (spec, world) => withDomain(spec, world, () => ''), 'empty'),
  ...either(
    'san-trust-domain',
    'a second URI behind a comma',
    (spec, world) => withDomain(spec, world, (id) => `${id},URI:spiffe:`),
    'comma',
  ),
  ...either('san-path', 'a slash at the end', (spec, world) => sanOf(spec, uri(`${uriOf(spec, world)}/`))),
  ...either(
    'san-path',
    'the path of a message leaf',
    (spec, world) => sanOf(spec, uri(`spiffe://${world.service.history.id}/m/web-1`)),
    'message',
  ),
  ...[
    '',
    '/i',
    '/i/',
    '/i/a/b',
    '/i/a?x',
    '/i/a#x',
    '/i/..',
    '/i/%61',
    '//i/a',
    '/I/a',
    `/i/${'a'.repeat(65)}`,
    '/i/a b',
    '/i/a,b',
  ].map((path) =>
    leafCase(
      'leaf-san-path',
      `leaf: the path \`${path}\``,
      (spec, world) => sanOf(spec, uri(`spiffe://${world.service.history.id}${path}`)),
      `of ${path}`,
    ),
  ),
  leafCase('leaf-san-not-critical', 'leaf: a subjectAltName that is not critical', (spec, world) =>
    exchange(spec, OID.subjectAltName, extension(OID.subjectAltName, false, sequence(uri(leafUri(world)))).der),
  ),
  identityCase('identity-san-critical', 'identity certificate: a critical subjectAltName', (spec, world) =>
    exchange(
      spec,
      OID.subjectAltName,
      extension(OID.subjectAltName, true, sequence(uri(`spiffe://${world.service.history.id}`))).der,
    ),
  ),
  leafCase('leaf-other-identity', 'leaf: the URI of another identity, signed by the service', (spec, world) =>
    sanOf(spec, uri(`spiffe://${world.other.history.id}/i/web-1`)),
  ),

  leafCase('leaf-subject', 'leaf: the ID as common name', (_spec, world) => ({
    subject: sequence(attribute(OID.commonName, utf8String(Buffer.from(world.service.history.id)))),
  })),
];

function atThreePlaces(
  code: 'san-nul' | 'san-control' | 'san-not-ascii',
  what: string,
  bytes: Uint8Array,
  variant = '',
): readonly InvalidCase[] {
  const places = [
    ['start', () => 0],
    ['middle', (text: string) => text.length - 3],
    ['end', (text: string) => text.length],
  ] as const;
  return places.flatMap(([place, at]) =>
    either(
      code,
      `${what} at the ${place} of the URI`,
      (spec, world) => {
        const text = uriOf(spec, world);
        const position = at(text);
        return sanOf(spec, uri(Buffer.concat([Buffer.from(text.slice(0, position)), bytes, Buffer.from(text.slice(position))])));
      },
      `${variant === '' ? '' : `${variant}-`}${place}`,
    ),
  );
}

function withDomain(spec: CertificateSpec, world: World, change: (id: string) => string): Pick<CertificateSpec, 'extensions'> {
  const path = isLeaf(spec) ? `/i/${world.instance}` : '';
  return sanOf(spec, uri(`spiffe://${change(world.service.history.id)}${path}`));
}

function otherName(text: string): Uint8Array {
  return explicit(0, Buffer.concat([oid('1.3.6.1.5.5.7.8.5'), explicit(0, utf8String(Buffer.from(text)))]));
}
