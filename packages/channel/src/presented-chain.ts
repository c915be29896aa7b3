import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** More certificates than any good chain has: enough to be refused for their number. */
const MOST = 3;

/**
 * The certificates that the other side sent, in DER, in the order of the wire.
 *
 * On a connection's own X509Certificate, `issuerCertificate` walks the presented chain as it was sent; it looks nothing up
 * and matches no names. (`getPeerCertificate(true)` matches issuers, and leaked: CVE-2025-59464.)
 */
export function presentedChain(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MOST) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
