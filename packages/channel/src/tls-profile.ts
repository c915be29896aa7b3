import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Credentials } from './credentials.ts';

/** After how long without a byte a peer is asked whether it still lives, so that one that vanished is found out. */
export const KEEP_ALIVE_MS = 30_000;

/**
 * The one set of TLS parameters, for both sides and for every swap of a leaf.
 *
 * - TLS 1.3 only.
 * - X25519MLKEM768 first (post-quantum key exchange, draft-ietf-tls-ecdhe-mlkem), then the classical groups.
 * - ECDSA P-256 only: the sole leaf key there is. Other keys fail in the handshake.
 * - No roots: nobody is believed because a public authority signed for him, and none of its certificates is loaded.
 * - No session is resumed: with SSL_OP_NO_TICKET OpenSSL falls back to stateful sessions, of which Node keeps none. Hooks
 *   that verify a peer are skipped on resumed sessions (CVE-2025-68121, CVE-2025-23419 and their kin).
 *
 * A swap that passes less than all of it falls back to Node's defaults for the rest: TLS 1.2, other groups, resumption.
 */
export function secureContextOptions({ key, chain }: Credentials): SecureContextOptions {
  return { key, cert: chain, ...anonymousContextOptions() };
}

/** The same for who looks on without proving anything. */
export function anonymousContextOptions(): SecureContextOptions {
  return {
    ca: [],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    sigalgs: 'ecdsa_secp256r1_sha256',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    sessionTimeout: 1,
  };
}

const CONTEXTS = new WeakMap<Credentials, SecureContext>();

/** The same, made once for each leaf: OpenSSL reads key and certificates anew for each context. */
export function secureContextOf(credentials: Credentials): SecureContext {
  const known = CONTEXTS.get(credentials);
  if (known !== undefined) return known;
  const context = createSecureContext(secureContextOptions(credentials));
  CONTEXTS.set(credentials, context);
  return context;
}
