import {
  InstanceName,
  MemorySigner,
  mintIdentityCertificate,
  signInstanceRecord,
  signServiceRecord,
  type IdentityId,
  type SignedRecord,
  type Signer,
} from '@themis-mesh/core';
import { Home, IdentityFile, parseServiceName, type StoredIdentity } from '@themis-mesh/storage';
import { makeLeaf, type TestLeaf } from '@themis-mesh/testkit';

/** How many instances a service says it has, and how long each record of one lives. */
const INSTANCES = 509;
const INSTANCE_SECONDS = 60;
const SERVICE_SECONDS = 3600;

interface Signing {
  readonly identity: StoredIdentity;
  readonly signer: Signer;
  readonly app: IdentityId;
  readonly leaves: readonly TestLeaf[];
}

/** Records that a member signs: as many as are wanted, each newer than the one before. */
export class MemberRecords {
  readonly #signing: Signing;

  private constructor(signing: Signing) {
    this.#signing = signing;
  }

  /** @param now seconds since 1970 */
  static async open(home: string, service: string, now: number): Promise<MemberRecords> {
    const identity = await new IdentityFile(Home.at(home).service(parseServiceName(service)).identity).read();
    const [signer] = identity?.signers ?? [];
    if (identity?.service === undefined || signer === undefined) throw new TypeError(`${service} has no keys here`);
    const { history, service: role } = identity;
    const certificate = await mintIdentityCertificate({ history, signer });
    const plan = { history, signer, identity: certificate, membership: role.membership, now, ttl: 3600 };
    const leaves = await Promise.all(Array.from({ length: INSTANCES }, (_, at) => makeLeaf({ ...plan, instance: nameOf(at) })));
    return new MemberRecords({ identity, signer, app: role.app, leaves });
  }

  /** @param iat seconds since 1970 */
  async service(seq: number, iat: number): Promise<SignedRecord> {
    const { identity, signer, app } = this.#signing;
    const { history, service } = identity;
    if (service === undefined) throw new TypeError('no service');
    const claims = {
      app,
      id: history.id,
      name: service.name,
      key: history.seq,
      seq,
      iat,
      exp: iat + SERVICE_SECONDS,
      alpn: ['http/1.1'],
    };
    const { bytes } = await signServiceRecord(claims, [signer]);
    return { key: { kind: 'service', id: history.id }, bytes };
  }

  /** Of the next instance for each sequence. @param iat seconds since 1970 */
  async instance(seq: number, iat: number): Promise<SignedRecord> {
    const { identity, app, leaves } = this.#signing;
    const { history, service } = identity;
    const which = seq % INSTANCES;
    const [leaf, instance] = [leaves[which], InstanceName.parse(nameOf(which))];
    if (service === undefined || leaf === undefined || instance === undefined) throw new TypeError('no instance');
    const endpoints = [{ host: '127.0.0.1', port: 9, alpn: ['http/1.1'] }];
    const claims = {
      app,
      id: history.id,
      name: service.name,
      instance,
      leaf: leaf.leaf,
      seq,
      iat,
      exp: iat + INSTANCE_SECONDS,
      endpoints,
    };
    const { bytes } = await signInstanceRecord(claims, MemorySigner.fromPrivateKeys([leaf.privateKey]));
    return { key: { kind: 'instance', id: history.id, instance }, bytes };
  }
}

function nameOf(at: number): string {
  return `i-${at}`;
}
