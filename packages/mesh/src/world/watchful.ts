import type { Trust } from '@themis-mesh/core';
import type { Authenticator } from '@themis-mesh/channel';

/** What a handshake shows besides who is there. */
export interface Shown {
  /** Newer keys of somebody: connections that he, or a thief, has open under the keys before may be over. */
  readonly onKeys: () => void;
  /** A member knows a newer charter than is held: it is to be asked for, since it may remove somebody. */
  readonly onBehind: () => void;
}

/** Proves peers by what is believed, and says what is news. */
export function watchful(trust: Trust, { onKeys, onBehind }: Shown): Authenticator {
  return {
    authenticate(chain, now) {
      const verdict = trust.authenticate(chain, now);
      // After the handshake at hand, which is judged by the newer keys already.
      if (verdict.ok && verdict.value.chain.standing === 'extends') queueMicrotask(onKeys);
      if (verdict.ok && verdict.value.behind) onBehind();
      return verdict;
    },
    authenticateAgain: (peer, now) => trust.authenticateAgain(peer, now),
  };
}
