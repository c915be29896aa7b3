/** The `typ` of each kind of statement (RFC 8725 section 3.11), and the most bytes that its wire form may take. */
export const STATEMENT_KINDS = {
  event: { typ: 'themis-event+jwt', maxBytes: 65_536 },
  charter: { typ: 'themis-charter+jwt', maxBytes: 1_048_576 },
  membership: { typ: 'themis-membership+jwt', maxBytes: 12_288 },
  head: { typ: 'themis-head+jwt', maxBytes: 8_192 },
  service: { typ: 'themis-service+jwt', maxBytes: 65_536 },
  instance: { typ: 'themis-instance+jwt', maxBytes: 32_768 },
  join: { typ: 'themis-join+jwt', maxBytes: 65_536 },
} as const;

export type StatementKind = keyof typeof STATEMENT_KINDS;
