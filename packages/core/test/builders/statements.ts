import { charterShape } from '../../src/app/charter.ts';
import { headShape, signHead } from '../../src/app/head.ts';
import { joinRequestShape, signJoinRequest } from '../../src/app/join-request.ts';
import { membershipShape } from '../../src/app/membership.ts';
import type { Json } from '../../src/encoding/canonical-json.ts';
import type { Shape } from '../../src/encoding/shape.ts';
import { eventShape } from '../../src/identity/events.ts';
import { InstanceName } from '../../src/identity/spiffe-id.ts';
import type { MemorySigner } from '../../src/keys/signer.ts';
import { instanceRecordShape, signInstanceRecord } from '../../src/record/instance-record.ts';
import { serviceRecordShape, signServiceRecord } from '../../src/record/service-record.ts';
import { jwsBytes } from '../../src/statement/bundle.ts';
import type { StatementKind } from '../../src/statement/kinds.ts';
import { memberOf, membershipBytes, named, newApp } from './apps.ts';
import { newIdentity, NOW, type Owned } from './identities.ts';

/** A good statement of each kind, all of them signed by the one key of one identity. */
export interface OneOfEach {
  readonly signer: MemorySigner;
  readonly identity: Owned;
  readonly wires: Readonly<Record<StatementKind, Uint8Array>>;
}

export const SHAPES: Readonly<Record<StatementKind, Shape<unknown>>> = {
  event: eventShape,
  charter: charterShape,
  membership: membershipShape,
  head: headShape,
  service: serviceRecordShape,
  instance: instanceRecordShape,
  join: joinRequestShape,
};

export async function oneOfEach(): Promise<OneOfEach> {
  const identity = await newIdentity();
  const [signer] = identity.operational;
  const instance = InstanceName.parse('one');
  if (signer === undefined || instance === undefined) throw new TypeError('an identity of one owner');
  const app = await newApp({}, identity);
  const { id } = identity.history;
  const { charter } = app.state;
  const name = named('orders');
  const times = { iat: NOW, exp: NOW + 60 };
  const request = JSON.parse(
    Buffer.from(await signJoinRequest({ app: id, name, now: NOW }, identity.history, [signer])).toString(),
  ) as { readonly request: Json };
  const service = await signServiceRecord({ app: id, id, name, key: 0, seq: 0, ...times, alpn: ['h2'] }, [signer]);
  const endpoints = [{ host: '127.0.0.1', port: 443, alpn: ['h2'] }];
  const record = { app: id, id, name, instance, leaf: Buffer.from('leaf'), seq: 0, ...times, endpoints };
  return {
    signer,
    identity,
    wires: {
      event: identity.history.last.bytes,
      charter: charter.statement.bytes,
      membership: await membershipBytes(app, memberOf('orders', identity)),
      head: (await signHead({ app: id, charter: charter.sequence, digest: charter.digest, ...times }, signer)).bytes,
      service: service.bytes,
      instance: (await signInstanceRecord(record, signer)).bytes,
      join: jwsBytes(request.request),
    },
  };
}
