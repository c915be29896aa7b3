import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What plain mutual TLS takes: one authority, and one P-256 certificate of the same kind as a leaf. */
export interface PlainCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function makePlainCredentials(): PlainCredentials {
  const folder = mkdtempSync(join(tmpdir(), 'themis-plain-'));
  const openssl = (...words: readonly string[]): unknown => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    openssl('req', '-x509', ...p256, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2');
    openssl(
      'req',
      ...p256,
      '-keyout',
      'leaf.key',
      '-out',
      'leaf.csr',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      'leaf.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-out',
      'leaf.pem',
      '-days',
      '1',
      '-copy_extensions',
      'copy',
    );
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    return { ca: read('ca.pem'), cert: read('leaf.pem') + read('ca.pem'), key: read('leaf.key') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
