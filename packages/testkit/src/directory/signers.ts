import {
  appStateBytes,
  historyBytes,
  InstanceName,
  MemorySigner,
  signHead,
  signInstanceRecord,
  signServiceRecord,
  type AppState,
  type Endpoint,
  type IdentityId,
  type SignedRecord,
} from '@themis-mesh/core';
import { ManualClock } from '../manual-clock.ts';
import { TestApp } from '../test-app.ts';
import type { TestLeaf } from '../test-leaf.ts';
import type { TestService } from '../test-service.ts';

/** An app, a service of it, and every kind of record that they sign. */
export class Signers {
  readonly clock: ManualClock;
  readonly app: TestApp;
  readonly orders: TestService;

  private constructor(app: TestApp, clock: ManualClock) {
    this.app = app;
    this.clock = clock;
    this.orders = app.service('orders');
  }

  static async create(clock: ManualClock = new ManualClock()): Promise<Signers> {
    return new Signers(await TestApp.found(['orders', 'payments'], clock), clock);
  }

  get now(): number {
    return this.clock.seconds;
  }

  history(service: TestService = this.orders): SignedRecord {
    return { key: { kind: 'history', id: service.id }, bytes: historyBytes(service.history) };
  }

  charter(state: AppState = this.app.state): SignedRecord {
    return { key: { kind: 'charter', id: state.history.id }, bytes: appStateBytes(state) };
  }

  async head(iat: number = this.now, life = 60): Promise<SignedRecord> {
    const { sequence, digest } = this.app.state.charter;
    const claims = { app: this.app.id, charter: sequence, digest, iat, exp: iat + life };
    const { bytes } = await signHead(claims, this.orders.signer);
    return { key: { kind: 'head', id: this.app.id, by: this.orders.id }, bytes };
  }

  async service(seq: number, alpn: readonly string[] = ['http/1.1']): Promise<SignedRecord> {
    const { id, name, history, signer } = this.orders;
    const claims = { app: this.app.id, id, name, key: history.seq, seq, iat: this.now, exp: this.now + 3600, alpn };
    const { bytes } = await signServiceRecord(claims, [signer]);
    return { key: { kind: 'service', id }, bytes };
  }

  async instance(seq: number, wish: InstanceWish = {}): Promise<SignedRecord> {
    const { of = this.orders, instance = 'i1', app = this.app.id, life = 60, endpoints = [endpointAt(8443)] } = wish;
    const name = InstanceName.parse(instance);
    if (name === undefined) throw new TypeError(`${instance} is no instance`);
    const { leaf, privateKey } = wish.leaf ?? (await this.app.leaf(of, { instance, now: this.now }));
    const times = { seq, iat: this.now, exp: this.now + life };
    const claims = { app, id: of.id, name: of.name, instance: name, leaf, ...times, endpoints };
    const { bytes } = await signInstanceRecord(claims, MemorySigner.fromPrivateKeys([privateKey]));
    return { key: { kind: 'instance', id: of.id, instance: name }, bytes };
  }
}

export interface InstanceWish {
  readonly of?: TestService;
  readonly instance?: string;
  readonly app?: IdentityId;
  /** Seconds. */
  readonly life?: number;
  readonly endpoints?: readonly Endpoint[];
  readonly leaf?: TestLeaf;
}

export function endpointAt(port: number): Endpoint {
  return { host: '127.0.0.1', port, alpn: ['http/1.1'] };
}

/** One bit changed. */
export function flipped({ key, bytes }: SignedRecord, bit: number): SignedRecord {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return { key, bytes: copy };
}
