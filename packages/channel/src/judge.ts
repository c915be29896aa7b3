import { refuse, type Peer, type Refusal, type Verdict } from '@themis-mesh/core';

/** Proves who a peer is. The first of two steps; it says nothing of what the peer may do. */
export interface Authenticator {
  /** @param chain the presented certificates in DER, the leaf first. @param now seconds since 1970 */
  authenticate(chain: readonly Uint8Array[], now: number): Verdict<Peer>;
  /** Judges the peer of an open channel again. */
  authenticateAgain(peer: Peer, now: number): Verdict<Peer>;
}

/** Says whether a proved peer may connect, or why not. The second step. */
export type Authorizer = (peer: Peer) => Refusal | undefined;

/** Both steps, in order. A step that throws admits nobody, and ends no process. */
export function judge(authenticate: () => Verdict<Peer>, authorize: Authorizer): Verdict<Peer> {
  try {
    const authenticated = authenticate();
    if (!authenticated.ok) return authenticated;
    const refusal = authorize(authenticated.value);
    return refusal === undefined ? authenticated : { ok: false, refusal };
  } catch (error) {
    return refuse('judgement-failed', error instanceof Error ? `${error.name}: ${error.message}` : 'no error was thrown');
  }
}

/** Both steps again, for an open channel. */
export function judgeAgain(
  authenticator: Authenticator,
  authorize: Authorizer,
  now: number,
): (peer: Peer) => { readonly peer: Peer } | { readonly refusal: Refusal } {
  return (peer) => {
    const verdict = judge(() => authenticator.authenticateAgain(peer, now), authorize);
    return verdict.ok ? { peer: verdict.value } : { refusal: verdict.refusal };
  };
}
