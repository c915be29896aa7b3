import type { Trust } from '@themis-mesh/core';
import type { Authenticator } from '@themis-mesh/channel';

/**
 * Proves peers by what is believed, and says when a handshake showed newer keys of somebody: connections that he, or a thief,
 * has open under the keys before may be over then.
 */
export function watchful(trust: Trust, onKeys: () => void): Authenticator {
  return {
    authenticate(chain, now) {
      const verdict = trust.authenticate(chain, now);
      // After the handshake at hand, which is judged by the newer keys already.
      if (verdict.ok && verdict.value.chain.standing === 'extends') queueMicrotask(onKeys);
      return verdict;
    },
    authenticateAgain: (peer, now) => trust.authenticateAgain(peer, now),
  };
}
