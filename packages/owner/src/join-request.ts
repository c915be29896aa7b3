import { signJoinRequest, ThemisError, type AdmissionToken, type Anchor, type ServiceName } from '@themis-mesh/core';
import { createStored, Home, type StoredIdentity } from '@themis-mesh/storage';
import { serviceFiles } from './service-files.ts';
import type { Workplace } from './workplace.ts';

export interface JoinWish {
  readonly name: ServiceName;
  /** Of the app to join. Default: the app that the home is for. */
  readonly anchor?: Anchor | undefined;
  /** The file for the recovery keys. Default: beside the operational keys. */
  readonly recovery?: string | undefined;
  /** A one-time token of the owner. A request with it is a secret. */
  readonly token?: AdmissionToken | undefined;
}

export interface JoinAsked {
  /** What the app's owner admits: the wire form of the request. Nothing in it is secret but for a token. */
  readonly request: Uint8Array;
  readonly identity: StoredIdentity;
}

/**
 * Asks to be admitted to an app whose owner is elsewhere: makes a home for the app where there is none, an identity where
 * there is none of that name, and a request signed with its keys. Asking again, also for a longer membership, is no harm.
 *
 * @throws ThemisError THEMIS_HOME_MISSING without an anchor, THEMIS_HOME_FOREIGN, THEMIS_IDENTITY_EXISTS
 */
export async function makeJoinRequest(place: Omit<Workplace, 'directory'>, wish: JoinWish): Promise<JoinAsked> {
  const { name, anchor, recovery, token } = wish;
  const { home, sealing, now } = place;
  const app = await settle(home, anchor);
  const files = serviceFiles(home, name, sealing, recovery);
  const identity = (await files.identity.read()) ?? (await createStored(files, { now, service: { name, app: app.app } }));
  if (identity.service?.app !== app.app || identity.service.name !== name) {
    throw new ThemisError('THEMIS_IDENTITY_EXISTS', `${files.identity.path} is of another app or name`);
  }
  const request = await signJoinRequest({ app: app.app, name, now, token }, identity.history, identity.signers);
  return { request, identity };
}

/** @returns the anchor of the app that the home is for from now on */
async function settle(home: Home, wanted: Anchor | undefined): Promise<Anchor> {
  try {
    const { anchor } = await home.app();
    if (wanted === undefined || wanted.app === anchor.app) return anchor;
    throw new ThemisError('THEMIS_HOME_FOREIGN', `${home.root} is for ${anchor.app}, asked for is ${wanted.app}`);
  } catch (error) {
    if (wanted === undefined || !ThemisError.is(error, 'THEMIS_HOME_MISSING')) throw error;
    await Home.create(home.root, { anchor: wanted });
    return wanted;
  }
}
