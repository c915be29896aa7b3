import type { Json } from '../encoding/canonical-json.ts';
import { literal, object, optional, extension, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import { MAX_HISTORY_BYTES } from '../identity/events.ts';
import { History } from '../identity/history.ts';
import type { Signer } from '../keys/signer.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { bundleBytes, readBundle } from '../statement/bundle.ts';
import { readStatement, signStatement, verifyStatement } from '../statement/jws.ts';
import { AdmissionToken } from '../door/token.ts';
import { ServiceName } from './name.ts';

/** A service's wish to be admitted to an app under a name, signed with the keys that it will have there. */
export interface JoinRequest {
  readonly v: 1;
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly iat: number;
  /** `ext.token` is a one-time token. */
  readonly ext?: Json;
}

export const joinRequestShape: Shape<JoinRequest> = object<JoinRequest>({
  v: literal(1),
  app: IdentityId.shape,
  id: IdentityId.shape,
  name: ServiceName.shape,
  iat: time,
  ext: optional(extension),
});

/** The most bytes that the wire form may take: a request and a history. */
export const MAX_JOIN_REQUEST_BYTES = 131_072;

export interface VerifiedJoinRequest {
  readonly claims: JoinRequest;
  readonly history: History;
}

export interface JoinRequestPlan {
  readonly app: IdentityId;
  readonly name: ServiceName;
  /** Seconds since 1970. */
  readonly now: number;
  /** Signed with the rest, so that nobody who comes to see it can use it for another identity. */
  readonly token?: AdmissionToken | undefined;
}

/** @returns the wire form, `{"history": [JWS…], "request": JWS}` in RFC 8785 form */
export async function signJoinRequest(
  { app, name, now, token }: JoinRequestPlan,
  history: History,
  signers: readonly Signer[],
): Promise<Uint8Array> {
  const ext = token === undefined ? {} : { ext: { token } };
  const claims = { v: 1, app, id: history.id, name, iat: now, ...ext };
  const request = await signStatement('join', joinRequestShape, claims, signers);
  return bundleBytes('request', { statement: request.bytes, history: history.wires });
}

export function verifyJoinRequest(bytes: Uint8Array): Verdict<VerifiedJoinRequest> {
  const bundle = readBundle('request', bytes, { maxBytes: MAX_JOIN_REQUEST_BYTES, maxHistoryBytes: MAX_HISTORY_BYTES });
  if (!bundle.ok) return bundle;
  const history = History.verify(bundle.value.history);
  if (!history.ok) return history;
  const read = readStatement(bundle.value.statement, 'join', joinRequestShape);
  if (!read.ok) return read;
  if (read.value.claims.id !== history.value.id) return refuse('join-request-id', read.value.claims.id);
  const quorum = history.value.quorum;
  if (quorum === undefined) return refuse('history-retired', history.value.id);
  const verified = verifyStatement(read.value, quorum);
  return verified.ok ? accept({ claims: verified.value.claims, history: history.value }) : verified;
}

/** The one-time token that a request carries. */
export function tokenOf({ ext }: JoinRequest): AdmissionToken | undefined {
  const token = (ext as { readonly [name: string]: Json } | undefined)?.['token'];
  return AdmissionToken.is(token) ? token : undefined;
}
