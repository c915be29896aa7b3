import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of what the peers' mutual TLS takes: one authority and two certificates, all of P-256, as a leaf of ours is. */
export interface Certificates {
  readonly authority: string;
  readonly client: KeyPair;
  readonly server: KeyPair;
}

/** Paths. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file, as HAProxy wants them. */
  readonly both: string;
}

/** Whom the clients' certificates name; what the servers' certificates name is `localhost`. */
export const CLIENT_NAME = 'client';
export const CLIENT_URI = 'spiffe://peers.example/client';

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'] as const;

export function makeCertificates(folder: string): Certificates {
  const openssl = (...words: readonly string[]): unknown => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  openssl('req', '-x509', ...P256, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2');
  const issue = (name: string, names: string): KeyPair => {
    openssl('req', ...P256, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', names);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '1', '-copy_extensions', 'copy'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-out', `${name}.pem`);
    const path = (file: string): string => join(folder, file);
    const [certificate, key, both] = [path(`${name}.pem`), path(`${name}.key`), path(`${name}.both.pem`)];
    writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
    return { certificate, key, both };
  };
  return {
    authority: join(folder, 'ca.pem'),
    client: issue(CLIENT_NAME, `subjectAltName=URI:${CLIENT_URI},DNS:${CLIENT_NAME}`),
    server: issue('server', 'subjectAltName=DNS:localhost'),
  };
}
