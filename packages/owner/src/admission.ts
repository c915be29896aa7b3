import {
  accept,
  appStateBytes,
  canonicalJson,
  jwsBytes,
  jwsJson,
  parseCanonicalJson,
  readAppState,
  readMembership,
  refuse,
  shape,
  verifyMembership,
  type AppState,
  type Json,
  type Membership,
  type Statement,
  type Verdict,
} from '@themis-mesh/core';

/** An owner's answer to a join request: the membership, and the app as it is now. Nothing in it is secret. */
export interface Admission {
  readonly app: AppState;
  readonly membership: Statement<Membership>;
}

/** The most bytes that an admission takes: a charter with its history, and a membership. */
const MAX_BYTES = 1_200_000;

interface Body {
  readonly v: 1;
  readonly app: Json;
  readonly membership: Json;
}

const any: shape.Shape<Json> = (value) => value;
const bodyShape = shape.object<Body>({ v: shape.literal(1), app: any, membership: any });

/** @returns the wire form, `{"app": {"charter": JWS, "history": [JWS…]}, "membership": JWS, "v": 1}` in RFC 8785 form */
export function admissionBytes(app: AppState, membership: Uint8Array): Uint8Array {
  const state = parseCanonicalJson(appStateBytes(app)) ?? null;
  return Buffer.from(canonicalJson({ v: 1, app: state, membership: jwsJson(membership) }));
}

/**
 * Believes an admission for its signatures. Whether it is of the app and the identity that is meant, is for the caller to
 * compare.
 */
export function readAdmission(bytes: Uint8Array, now: number): Verdict<Admission> {
  if (bytes.length > MAX_BYTES)
    return refuse('statement-too-large', `${bytes.length} bytes, an admission has at most ${MAX_BYTES}`);
  const json = parseCanonicalJson(bytes);
  if (json === undefined) return refuse('statement-not-canonical', 'not the RFC 8785 form of an admission');
  const body = readBody(json);
  if (body === undefined) return refuse('statement-shape', 'an object of exactly app, membership and v');
  const app = readAppState(Buffer.from(canonicalJson(body.app)), now);
  if (!app.ok) return app;
  const read = readMembership(jwsBytes(body.membership));
  if (!read.ok) return read;
  const membership = verifyMembership(read.value, app.value.history, now);
  return membership.ok ? accept({ app: app.value, membership: membership.value }) : membership;
}

function readBody(json: Json): Body | undefined {
  try {
    return bodyShape(json, '');
  } catch (error) {
    if (error instanceof shape.ShapeError) return undefined;
    throw error;
  }
}
