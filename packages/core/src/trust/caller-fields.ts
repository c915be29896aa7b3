import { createHash } from 'node:crypto';
import type { IdentityId } from '../identity/id.ts';
import { identitySpiffeId } from '../identity/spiffe-id.ts';
import type { Peer } from './peer.ts';

/** Whether a field says who a caller is. Only the mesh says that; whatever comes with a request is taken out. */
export function isIdentityField(name: string): boolean {
  return /^x-(?:themis|forwarded-client-cert)(?:-|$)/.test(foldName(name));
}

/**
 * Whether a field is one of those by which callers, callees and the mesh between them tell each other of one request: how long
 * somebody waits, whether it may be done twice, whether it is a copy, and why the mesh answers in a service's place. It begins
 * as those do that say who calls, and says nothing of that; in any other spelling it is one of those.
 */
export function isTrafficField(name: string): boolean {
  return TRAFFIC_FIELDS.has(name.toLowerCase());
}

const TRAFFIC_FIELDS: ReadonlySet<string> = new Set(['x-themis-deadline', 'x-themis-retry', 'x-themis-mirror', 'x-themis-error']);

/**
 * What a program is told of its caller, names and values in turn: `x-forwarded-client-cert` in Envoy's form (By: who was called;
 * Hash: SHA-256 of the caller's leaf; URI: the caller), and for members of the app `x-themis-caller`, their name; for those of an
 * imported app with its alias behind a dot, which no own name has.
 */
export function identityFields(peer: Peer, own: IdentityId): string[] {
  const hash = createHash('sha256').update(peer.chain.leaf).digest('hex');
  const certificate = `By=${identitySpiffeId(own)};Hash=${hash};URI=${peer.spiffeId}`;
  return ['x-forwarded-client-cert', certificate, ...(peer.name === undefined ? [] : ['x-themis-caller', peer.name])];
}

/**
 * A field's name as programs behind CGI, WSGI and their kin see it: they fold case, and take every sign but letters and
 * digits for one, so that `X_Forwarded.Client-Cert` is `x-forwarded-client-cert` to them.
 */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}
