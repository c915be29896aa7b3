import type { Clock } from '@themis-mesh/channel';
import { Repeat } from '../world/repeat.ts';
import type { OwnIdentity } from '../world/own-identity.ts';
import type { RotatingCredentials } from './rotating-credentials.ts';

/** How often the file is looked at. A look is one call of `stat`. */
const LOOK_MS = 2000;

/**
 * Has a new leaf made as soon as the service's identity was replaced on disk: leaves under keys that were rotated away end with
 * their grace, and a renewed membership lets leaves live longer.
 */
export function watchKeys(identity: OwnIdentity, credentials: RotatingCredentials, clock: Clock): Disposable {
  const looks = new Repeat(clock, async () => {
    if (await identity.isReplaced()) await credentials.tryToRenew();
    return LOOK_MS;
  });
  void looks.now();
  return looks;
}
