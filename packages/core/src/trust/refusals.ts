/** Why a connection is refused whose certificates are good. */
export const TRUST_REFUSALS = {
  'session-resumed': 'The TLS session was resumed; identities are verified anew on every connection.',
  'protocol-unknown': 'No protocol was agreed that the service takes.',
  'clock-skew': 'The clocks of both sides differ by more than 60 seconds.',
  'leaf-ended': 'The leaf that the connection was made with has ended.',
  'closing': 'The instance is closing, and what was under way took too long.',
} as const;
