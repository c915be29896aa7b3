import { ThemisError } from '@themis-mesh/core';

/**
 * Our own verifier does not heed these settings, but whoever sets them believes that certificates are not checked, and other
 * TLS in the same process then checks none.
 *
 * @throws ThemisError `THEMIS_TLS_UNSAFE`
 */
export function requireSafeEnvironment(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new ThemisError('THEMIS_TLS_UNSAFE', 'NODE_TLS_REJECT_UNAUTHORIZED is 0');
  }
}
