import { X509Certificate } from 'node:crypto';
import type { IdentityId, InstanceRecord } from '@themis-mesh/core';
import { DirectoryReader } from '@themis-mesh/directory';
import { StoredHistories } from '@themis-mesh/storage';
import { secondsNow, type CliContext } from './context.ts';
import type { Place } from './place.ts';

/** A running instance, as its own record says; the record was believed. */
export interface Instance {
  readonly record: InstanceRecord;
  readonly leaf: LeafLife;
}

/** When a leaf begins and ends, in seconds since 1970, and its serial number in hexadecimal. */
export interface LeafLife {
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What the directory says of a service's instances. */
export type InstancesFound =
  | { readonly is: 'found'; readonly instances: readonly Instance[]; readonly stale: boolean }
  | { readonly is: 'unavailable'; readonly because: string };

/**
 * Reads the directory of a home, and believes nothing that contradicts what the home remembers.
 *
 * @param app whose records are believed. Default: the one that the home is for
 */
export async function openReader(
  context: CliContext,
  { home, directory, file }: Place,
  app: IdentityId = file.anchor.app,
): Promise<DirectoryReader> {
  const seen = await StoredHistories.open(home.seen, { alarms: home.alarms });
  return new DirectoryReader({
    directory,
    app,
    remembered: (id) => seen.get(id),
    now: () => secondsNow(context),
  });
}

/** The instances of a service, by their names. One that listens nowhere counts as gone. */
export async function readInstances(reader: DirectoryReader, id: IdentityId): Promise<InstancesFound> {
  const read = await reader.instances(id);
  if (read.outcome === 'unavailable') return { is: 'unavailable', because: read.error.message };
  if (read.outcome === 'not-found') return { is: 'found', instances: [], stale: false };
  const listening = read.value.filter(({ endpoints }) => endpoints.length > 0);
  const records = listening.toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
  return { is: 'found', stale: read.stale, instances: records.map((record) => ({ record, leaf: leafLife(record.leaf) })) };
}

/** @param leaf in DER, of a certificate that was verified: nothing is decided from what is read here */
function leafLife(leaf: Uint8Array): LeafLife {
  const { serialNumber, validFromDate, validToDate } = new X509Certificate(leaf);
  return {
    serial: serialNumber.toLowerCase(),
    notBefore: validFromDate.getTime() / 1000,
    notAfter: validToDate.getTime() / 1000,
  };
}
