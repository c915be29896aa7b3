/** PEM of one certificate (RFC 7468 section 5), as TLS libraries take it. */
export function toPem(der: Uint8Array): string {
  const text = Buffer.from(der).toString('base64');
  const lines = text.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
