import type { Json } from '../encoding/canonical-json.ts';
import { extension, integer, literal, object, optional, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import { ServiceName } from '../app/name.ts';
import { alpnShape } from './endpoint.ts';
import type { Signer } from '../keys/signer.ts';
import { signStatement, type Statement } from '../statement/jws.ts';

/** What a service says of itself, for all its instances. */
export interface ServiceRecord {
  readonly v: 1;
  readonly app: IdentityId;
  readonly id: IdentityId;
  readonly name: ServiceName;
  /** The service's key sequence that the record is signed under. */
  readonly key: number;
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  /** The application protocols that its instances take, by their ALPN names. */
  readonly alpn: readonly string[];
  readonly ext?: Json;
}

export const serviceRecordShape: Shape<ServiceRecord> = object<ServiceRecord>({
  v: literal(1),
  app: IdentityId.shape,
  id: IdentityId.shape,
  name: ServiceName.shape,
  key: integer(0, 15),
  seq: integer(0, Number.MAX_SAFE_INTEGER),
  iat: time,
  exp: time,
  alpn: alpnShape,
  ext: optional(extension),
});

/** @param service enough of the service's operational signers */
export function signServiceRecord(
  claims: Omit<ServiceRecord, 'v'>,
  service: readonly Signer[],
): Promise<Statement<ServiceRecord>> {
  return signStatement('service', serviceRecordShape, { ...claims, v: 1 }, service);
}
