/** Why a certificate chain is not believed. */
export const CERTIFICATE_REFUSALS = {
  'chain-empty': 'The peer presented no certificate.',
} as const;
