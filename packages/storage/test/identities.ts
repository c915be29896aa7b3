import { join } from 'node:path';
import { foundApp, IdentityId, MemorySigner, ServiceName, signMembership, type AppState, type History } from '@themis-mesh/core';
import {
  createStored,
  IdentityFile,
  RecoveryFile,
  rotateStored,
  type IdentityPlace,
  type StoredIdentity,
} from '@themis-mesh/storage';
import { CHEAP, NOW } from './scratch.ts';

export const PASSPHRASE: Uint8Array = Buffer.from('correct horse battery');

/** Any well-formed ID. */
export const APP: IdentityId = IdentityId.parse(`${'a'.repeat(51)}q`) ?? fail();
export const ORDERS: ServiceName = ServiceName.parse('orders') ?? fail();

export function placeIn(folder: string, passphrase?: Uint8Array): IdentityPlace {
  const sealing = { passphrase, cost: CHEAP };
  return {
    identity: new IdentityFile(join(folder, 'identity.json'), sealing),
    recovery: new RecoveryFile(join(folder, 'recovery.json'), sealing),
  };
}

export function createOrders(place: IdentityPlace): Promise<StoredIdentity> {
  return createStored(place, { service: { name: ORDERS, app: APP }, now: NOW });
}

export function rotateOnce(place: IdentityPlace): Promise<StoredIdentity> {
  return rotateStored(place, { grace: 3600, now: NOW + 60 });
}

/** Whether the signers are exactly those of the history's last event. */
export function keysFit({ history, signers }: StoredIdentity): boolean {
  const wanted = history.quorum?.signers.map((signer) => signer.keys.map((key) => key.thumbprint));
  return JSON.stringify(wanted) === JSON.stringify(signers.map((signer) => signer.keys.map((key) => key.thumbprint)));
}

export function thumbprintOf(history: History): string {
  return history.quorum?.signers[0]?.keys[0]?.thumbprint ?? fail();
}

export { foundApp, MemorySigner, signMembership, type AppState };

function fail(): never {
  throw new Error('a fixture is wrong');
}
