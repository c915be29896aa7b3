import { toBase64url } from '../encoding/base64url.ts';
import type { Json } from '../encoding/canonical-json.ts';
import { array, base64url, extension, integer, literal, object, optional, text, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import { ShapeError } from '../encoding/shape.ts';
import { InstanceName } from '../identity/spiffe-id.ts';
import { ServiceName } from '../app/name.ts';
import type { Signer } from '../keys/signer.ts';
import { signStatement, type Statement } from '../statement/jws.ts';
import { endpointShape, type Endpoint } from './endpoint.ts';

/** The longest life of an instance record, in seconds. Its owner refreshes it at a third of that. */
export const INSTANCE_RECORD_SECONDS = 60;

/**
 * Where one instance can be reached, in its own words: signed by its leaf key, and carrying the leaf, so that an instance
 * needs no service key to refresh it. The reader takes the keys that made the leaf from the service's history.
 */
export interface InstanceRecord {
  readonly v: 1;
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly name: ServiceName;
  readonly instance: InstanceName;
  /** The leaf certificate in DER. */
  readonly leaf: Uint8Array;
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  /** None: it listens nowhere any more. */
  readonly endpoints: readonly Endpoint[];
  readonly zone?: string;
  readonly ext?: Json;
}

const instance: Shape<InstanceName> = (value, path) => {
  if (!InstanceName.is(value)) throw new ShapeError(path, 'an instance name');
  return value;
};

export const instanceRecordShape: Shape<InstanceRecord> = object<InstanceRecord>({
  v: literal(1),
  app: IdentityId.shape,
  id: IdentityId.shape,
  name: ServiceName.shape,
  instance,
  leaf: base64url(1, 16_384),
  seq: integer(0, Number.MAX_SAFE_INTEGER),
  iat: time,
  exp: time,
  endpoints: array(endpointShape, { max: 16 }),
  zone: optional(text(/^[A-Za-z0-9._-]{1,63}$/, 'the name of a zone')),
  ext: optional(extension),
});

/** @param leaf signs with the leaf key */
export function signInstanceRecord(claims: Omit<InstanceRecord, 'v'>, leaf: Signer): Promise<Statement<InstanceRecord>> {
  const endpoints = claims.endpoints.map(({ host, port, alpn }) => ({ host, port, alpn }));
  return signStatement('instance', instanceRecordShape, { ...claims, v: 1, leaf: toBase64url(claims.leaf), endpoints }, [leaf]);
}
