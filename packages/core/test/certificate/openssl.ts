import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toPem } from '../../src/index.ts';

/** Why the oracle cannot be asked; false where it can. */
export const NO_OPENSSL: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'the openssl command is not installed';

/** What `openssl x509` reads out of a certificate. */
export function opensslText(der: Uint8Array): string {
  return execFileSync('openssl', ['x509', '-inform', 'DER', '-noout', '-text'], { input: der, encoding: 'utf8' });
}

/** Whether OpenSSL, strict, believes a leaf under an identity certificate at a time. */
export function opensslVerify(leaf: Uint8Array, identity: Uint8Array, purpose: 'sslserver' | 'sslclient', at: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'themis-openssl-'));
  try {
    writeFileSync(join(folder, 'leaf.pem'), toPem(leaf));
    writeFileSync(join(folder, 'identity.pem'), toPem(identity));
    const { stdout, stderr } = spawnSync(
      'openssl',
      ['verify', '-x509_strict', '-purpose', purpose, '-attime', String(at), '-CAfile', 'identity.pem', 'leaf.pem'],
      { cwd: folder, encoding: 'utf8' },
    );
    return `${stdout}${stderr}`.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
