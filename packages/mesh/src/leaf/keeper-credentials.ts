import { randomBytes } from 'node:crypto';
import { InstanceName } from '@themis-mesh/core';
import type { Clock, CredentialSource } from '@themis-mesh/channel';
import { randomFraction } from '../chance.ts';
import { LocalIssuer, type ServiceKeys } from './leaf-issuer.ts';
import { RotatingCredentials } from './rotating-credentials.ts';

/** How long a leaf of a door lives. Seconds. */
const LEAF_SECONDS = 3600;

export interface KeeperOptions {
  /** Of whose door it is: a service, or an app itself. Asked for each leaf. */
  readonly keys: () => Promise<ServiceKeys>;
  readonly clock: Clock;
  /** @param left how many seconds the leaf still has that could not be replaced */
  readonly onFailure: (error: unknown, left: number) => void;
}

/**
 * What the keeper of a door proves himself with: leaves under his own identity, replaced before they end. Where they carry no
 * membership nobody in the mesh takes them for a member.
 */
export function keeperCredentials({ keys, clock, onFailure }: KeeperOptions): Promise<CredentialSource & Disposable> {
  const instance = InstanceName.parse(`door-${randomBytes(8).toString('hex')}`);
  if (instance === undefined) throw new TypeError('a name of an instance');
  const issuer = new LocalIssuer({ keys, instance, ttl: LEAF_SECONDS });
  return RotatingCredentials.start({ issuer, clock, chance: randomFraction, onFailure });
}
