import type { Endpoint, IdentityId, InstanceName } from '@themis-mesh/core';

/** What an instance says of itself beside where it is: what traffic goes by. */
export interface Traits {
  readonly zone?: string | undefined;
  /** How much it takes on, where 100 is what others do. */
  readonly weight: number;
  readonly labels: ReadonlyMap<string, string>;
}

/** One instance that can be dialled. */
export interface Target extends Traits {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly endpoint: Endpoint;
  /** Names it among all: two targets with one key are the same place. */
  readonly key: string;
  /** Whether it takes tunnels. */
  readonly hasTunnel: boolean;
}

export const DEFAULT_WEIGHT = 100;

export const NO_TRAITS: Traits = { weight: DEFAULT_WEIGHT, labels: new Map() };

export function makeTarget(id: IdentityId, instance: InstanceName, endpoint: Endpoint, traits: Traits = NO_TRAITS): Target {
  const { zone, weight, labels } = traits;
  const key = `${id}/${instance}@${endpoint.host}:${endpoint.port}`;
  const hasTunnel = endpoint.alpn.includes('themis/1');
  return { id, instance, endpoint, key, hasTunnel, zone, weight, labels };
}

/** Whether an instance carries all these labels. */
export function carries({ labels }: Traits, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels.get(name) === value);
}
