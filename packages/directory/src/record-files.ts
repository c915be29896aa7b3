import { basename, dirname, join } from 'node:path';
import { InstanceName, type IdentityId, type RecordKey } from '@themis-mesh/core';
import type { Watched } from './port.ts';

/**
 * The file of each key. Names are made of IDs, which are base32, and of instance names in hexadecimal, since those tell
 * upper from lower case and some file systems do not: nothing that a peer chose is in a path as it is.
 */
export function fileOf(root: string, key: RecordKey): string {
  switch (key.kind) {
    case 'history':
    case 'charter':
    case 'service':
      return join(root, key.kind, `${key.id}.json`);
    case 'head':
      return join(root, 'head', `${key.id}.${key.by}.json`);
    case 'instance':
      return join(instancesFolder(root, key.id), `${Buffer.from(key.instance).toString('hex')}.json`);
  }
}

export function instancesFolder(root: string, service: IdentityId): string {
  return join(root, 'instance', service);
}

/** @returns undefined for a file that is no record of an instance */
export function instanceOfFile(name: string): InstanceName | undefined {
  const hex = /^((?:[0-9a-f]{2}){1,64})\.json$/.exec(name)?.[1];
  return hex === undefined ? undefined : InstanceName.parse(Buffer.from(hex, 'hex').toString('latin1'));
}

/** The folder in which a watcher's files lie, and which of the names in it are theirs. */
export function placeOf(root: string, wanted: Watched): { readonly folder: string; isTheirs(name: string): boolean } {
  if (wanted.kind === 'instances') {
    return { folder: instancesFolder(root, wanted.id), isTheirs: (name) => instanceOfFile(name) !== undefined };
  }
  const path = fileOf(root, wanted);
  return { folder: dirname(path), isTheirs: (name) => name === basename(path) };
}
