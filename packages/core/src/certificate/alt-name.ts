import { DerError, DerReader, TAG, type DerElement } from '../asn1/der-reader.ts';
import { implicit, sequence } from '../asn1/der-writer.ts';
import { IdentityId } from '../identity/id.ts';
import { defect, demand } from './defect.ts';
import type { Extensions } from './extensions.ts';
import { OID, type CertificateRole } from './profile.ts';

const SCHEME = 'spiffe://';
const URI = 6;

type OtherKind = 'other-name' | 'email' | 'dns' | 'x400' | 'directory' | 'edi-party' | 'ip' | 'registered-id';

/** The kinds of GeneralName (RFC 5280 section 4.2.1.6) that are no URI, by their tags. */
const OTHER_KINDS: ReadonlyMap<number, OtherKind> = new Map([
  [0xa0, 'other-name'],
  [0x81, 'email'],
  [0x82, 'dns'],
  [0xa3, 'x400'],
  [0xa4, 'directory'],
  [0xa5, 'edi-party'],
  [0x87, 'ip'],
  [0x88, 'registered-id'],
]);

/** The one name of a certificate: a SPIFFE ID (X509-SVID section 2). */
export interface AltName {
  readonly critical: boolean;
  readonly id: IdentityId;
  /** What follows the trust domain, with its leading slash; empty for an identity as a whole. */
  readonly path: string;
}

export function writeAltName(uri: string): Uint8Array {
  return sequence(implicit(URI, Buffer.from(uri, 'latin1')));
}

/** Judges the bytes before there is any text: a NUL, an encoding or a delimiter cannot make of it what it is not. */
export function readAltName(role: CertificateRole, extensions: Extensions): AltName {
  const extension = extensions.get(OID.subjectAltName);
  demand(extension !== undefined, `${role}-san-missing`, 'none');
  const reader = new DerReader(extension.value);
  const names = reader.enter(TAG.sequence, 'subjectAltName');
  reader.finish('subjectAltName');
  demand(!names.done, `${role}-san-empty`, 'no name');
  const name = names.next('name');
  demand(names.done, `${role}-san-count`, 'more than one name');
  const uri = readUri(role, name);
  demand(uri.startsWith(SCHEME), `${role}-san-scheme`, uri);
  const [id = '', ...segments] = uri.slice(SCHEME.length).split('/');
  demand(IdentityId.is(id), `${role}-san-trust-domain`, uri);
  return { critical: extension.critical, id, path: segments.map((segment) => `/${segment}`).join('') };
}

function readUri(role: CertificateRole, { tag, content }: DerElement): string {
  const other = OTHER_KINDS.get(tag);
  if (other !== undefined) throw defect(`${role}-san-${other}`, `tag ${tag}`);
  if (tag !== (0x80 | URI)) throw new DerError('tag', `name: tag ${tag}`);
  const control = content.find((byte) => byte < 0x20 || byte === 0x7f);
  demand(!content.includes(0), `${role}-san-nul`, `${content.length} bytes`);
  demand(control === undefined, `${role}-san-control`, `byte ${control}`);
  const beyond = content.find((byte) => byte >= 0x80);
  demand(beyond === undefined, `${role}-san-not-ascii`, `byte ${beyond}`);
  return Buffer.from(content).toString('latin1');
}
