import { appStateBytes } from '../../src/app/app-state.ts';
import { signHead } from '../../src/app/head.ts';
import { mintLeaf } from '../../src/certificate/mint-leaf.ts';
import type { History } from '../../src/identity/history.ts';
import { historyBytes } from '../../src/identity/history-wire.ts';
import type { IdentityId } from '../../src/identity/id.ts';
import { InstanceName } from '../../src/identity/spiffe-id.ts';
import { MemorySigner, type Signer } from '../../src/keys/signer.ts';
import { signInstanceRecord, type InstanceRecord } from '../../src/record/instance-record.ts';
import type { SignedRecord } from '../../src/record/key.ts';
import { signServiceRecord, type ServiceRecord } from '../../src/record/service-record.ts';
import type { RecordContext } from '../../src/record/verify-record.ts';
import { memberOf, named, newApp, type OwnedApp } from '../builders/apps.ts';
import { newIdentity, NOW, type Owned } from '../builders/identities.ts';

/** An app of one service, which is its timekeeper as well, and what is needed to make records of all kinds. */
export interface RecordWorld {
  readonly app: OwnedApp;
  readonly service: Owned;
  readonly leafSigner: MemorySigner;
  readonly instance: InstanceName;
}

export async function newRecordWorld(): Promise<RecordWorld> {
  const service = await newIdentity();
  const timekeepers = [{ id: service.history.id, min: service.history.point }];
  const app = await newApp({ members: [memberOf('orders', service)], timekeepers });
  return { app, service, leafSigner: MemorySigner.generate(), instance: instanceNamed('one') };
}

export function instanceNamed(text: string): InstanceName {
  const name = InstanceName.parse(text);
  if (name === undefined) throw new TypeError('no instance name');
  return name;
}

/** @param histories all that are known */
export function contextOf(histories: readonly History[], now: number = NOW): RecordContext {
  const byId = new Map<IdentityId, History>(histories.map((history) => [history.id, history]));
  return { now, history: (id) => byId.get(id) };
}

export interface LeafChanges {
  readonly service?: Owned;
  readonly instance?: InstanceName;
  readonly now?: number;
  readonly ttl?: number;
}

export async function leafOf(world: RecordWorld, changes: LeafChanges = {}): Promise<Uint8Array> {
  const { service = world.service, instance = world.instance, now = NOW, ttl = 3600 } = changes;
  const [signer] = service.operational;
  const [publicKey] = world.leafSigner.keys;
  if (signer === undefined || publicKey === undefined) throw new TypeError('a signer has a key');
  return mintLeaf({ history: service.history, signer, publicKey, instance, serial: Buffer.alloc(16, 0x11), now, ttl });
}

export async function instanceRecord(
  world: RecordWorld,
  change: Partial<Omit<InstanceRecord, 'v'>> = {},
  signer: Signer = world.leafSigner,
): Promise<SignedRecord> {
  const { id } = world.service.history;
  const claims = {
    app: world.app.owner.history.id,
    id,
    name: named('orders'),
    instance: world.instance,
    leaf: await leafOf(world),
    seq: 0,
    iat: NOW,
    exp: NOW + 60,
    endpoints: [{ host: '127.0.0.1', port: 443, alpn: ['h2'] }],
    ...change,
  };
  return { key: { kind: 'instance', id, instance: world.instance }, bytes: (await signInstanceRecord(claims, signer)).bytes };
}

export async function serviceRecord(
  world: RecordWorld,
  change: Partial<Omit<ServiceRecord, 'v'>> = {},
  by = world.service,
): Promise<SignedRecord> {
  const { id } = world.service.history;
  const base = {
    app: world.app.owner.history.id,
    id,
    name: named('orders'),
    key: 0,
    seq: 0,
    iat: NOW,
    exp: NOW + 60,
    alpn: ['h2'],
  };
  return { key: { kind: 'service', id }, bytes: (await signServiceRecord({ ...base, ...change }, by.operational)).bytes };
}

export async function headRecord(world: RecordWorld, iat: number = NOW, digest?: string): Promise<SignedRecord> {
  const { app, service } = world;
  const { charter } = app.state;
  const [signer] = service.operational;
  if (signer === undefined) throw new TypeError('a signer');
  const claims = { app: app.owner.history.id, charter: charter.sequence, digest: digest ?? charter.digest, iat, exp: iat + 60 };
  return { key: { kind: 'head', id: claims.app, by: service.history.id }, bytes: (await signHead(claims, signer)).bytes };
}

export function charterRecord({ state }: OwnedApp): SignedRecord {
  return { key: { kind: 'charter', id: state.history.id }, bytes: appStateBytes(state) };
}

export function historyRecord(history: History): SignedRecord {
  return { key: { kind: 'history', id: history.id }, bytes: historyBytes(history) };
}

/** A record of each kind. */
export async function oneOfEachRecord(world: RecordWorld): Promise<readonly SignedRecord[]> {
  return [
    historyRecord(world.service.history),
    charterRecord(world.app),
    await headRecord(world),
    await serviceRecord(world),
    await instanceRecord(world),
  ];
}
