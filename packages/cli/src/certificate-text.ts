import { X509Certificate } from 'node:crypto';
import { ThemisError } from '@themis-mesh/core';

/** A certificate as it says of itself. For showing only: nothing is decided from it. */
export interface ShownCertificate {
  readonly kind: 'leaf' | 'identity' | 'surplus';
  readonly sha256: string;
  /** Undefined where it cannot be read at all. */
  readonly content: CertificateContent | undefined;
}

export interface CertificateContent {
  /** Undefined where it is empty. */
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly names: string | undefined;
  readonly serial: string;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: string;
  /** Whether it may sign certificates. */
  readonly isCa: boolean;
  /** Its extendedKeyUsage. */
  readonly purposes: readonly string[];
}

const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/** More than any good chain has. */
const MOST = 16;

/** The certificates of a PEM file (RFC 7468), in DER, in their order. @throws ThemisError THEMIS_CERTIFICATE_MISSING */
export function readPem(text: string, path: string): readonly Uint8Array[] {
  const chain = [...text.matchAll(BLOCK)].slice(0, MOST).map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  if (chain.length === 0) throw new ThemisError('THEMIS_CERTIFICATE_MISSING', path);
  return chain;
}

/** @param index the place of the certificate in its chain */
export function describeCertificate(der: Uint8Array, index: number, sha256: string): ShownCertificate {
  return { kind: (['leaf', 'identity'] as const)[index] ?? 'surplus', sha256, content: contentOf(der) };
}

function contentOf(der: Uint8Array): CertificateContent | undefined {
  try {
    const certificate = new X509Certificate(der);
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      names: certificate.subjectAltName,
      serial: certificate.serialNumber.toLowerCase(),
      notBefore: certificate.validFromDate.getTime() / 1000,
      notAfter: certificate.validToDate.getTime() / 1000,
      key: keyOf(certificate),
      isCa: certificate.ca,
      purposes: purposesOf(certificate),
    };
  } catch {
    // OpenSSL reads less than DER can say; the refusal tells what is wrong.
    return undefined;
  }
}

function oneLine(name: string | undefined): string | undefined {
  return name === undefined || name === '' ? undefined : name.split('\n').join(', ');
}

/** RFC 5280 section 4.2.1.12. */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
]);

function purposesOf(certificate: X509Certificate): readonly string[] {
  // Node's types leave out that there may be none.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return (usages ?? []).map((oid) => PURPOSES.get(oid) ?? oid);
}

function keyOf({ publicKey }: X509Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const detail = namedCurve ?? (modulusLength === undefined ? undefined : `${modulusLength} bit`);
  return [publicKey.asymmetricKeyType ?? 'unknown', ...(detail === undefined ? [] : [detail])].join(' ');
}
