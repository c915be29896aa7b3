/** Why bytes are not a statement signed by the keys asked for. */
export const STATEMENT_REFUSALS = {
  'statement-too-large': 'The statement is larger than its kind may be.',
  'statement-not-json': 'The statement, or a part of it, is not UTF-8 JSON.',
  'statement-not-canonical': 'The payload or a protected header differs from its RFC 8785 form.',
  'statement-not-jws': 'The statement is not a general JWS JSON serialization with exactly `payload` and `signatures`.',
  'statement-base64': 'A part is not canonical, unpadded base64url.',
  'statement-header': 'A protected header holds something else than exactly `alg`, `kid` and `typ`.',
  'statement-typ': 'The statement is of another kind than the one asked for.',
  'statement-shape': 'A field is missing, unknown, or not of its type or range.',
  'statement-key-unknown': 'A signature names a key that may not sign this statement.',
  'statement-alg': 'The algorithm named is not the one of the key.',
  'statement-signature': 'A signature does not verify.',
  'statement-signature-repeated': 'Two signatures name the same key.',
  'statement-threshold': 'Fewer signers than the threshold asks for have signed with all their keys.',
} as const;
