/** Why a connection is refused, before its certificates are looked at or though they are good. */
export const TRUST_REFUSALS = {
  'handshake-failed': 'The TLS handshake ended before it was done; the detail says how.',
  'handshake-timeout': 'The TLS handshake took too long.',
  'handshakes-crowded': 'Too many handshakes were under way, and this was the oldest.',
  'channels-exceeded': 'The listener holds as many channels as it may, in all or with one identity.',
  'judgement-failed': 'The peer could not be judged, because of a defect in the program that judges.',
  'session-resumed': 'The TLS session was resumed; identities are verified anew on every connection.',
  'tunnel-malformed': 'What came on a tunnel is against its specification: frames, their order, or their credit.',
  'tunnel-nuisance': 'Too many frames came on a tunnel that carry nothing: pings, resets, empty data.',
  'http2-nuisance': 'Too many streams of an HTTP/2 connection ended by a reset.',
  'tunnel-stuck': 'Nothing was read for 30 seconds and more of what was sent on a tunnel.',
  'protocol-unknown': 'No protocol was agreed that the service takes.',
  'clock-skew': 'The clocks of both sides differ by more than 60 seconds.',
  'leaf-ended': 'The leaf that the connection was made with has ended.',
} as const;
