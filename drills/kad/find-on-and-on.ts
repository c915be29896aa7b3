import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SignedRecord } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import type { FindOrders, Found } from './commands.ts';
import { claimsOf } from './claims-of.ts';

/** Finds, one after the other, each by the next directory, all of them for one key before the next, until the time is over. */
export async function findOnAndOn(
  { keys, seconds, pauseMs }: FindOrders,
  directories: readonly Pick<Directory, 'find'>[],
): Promise<readonly Found[]> {
  const all: Found[] = [];
  const end = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < end; turn += 1) {
    const [node, key] = [turn % directories.length, Math.floor(turn / directories.length) % keys.length];
    const [directory, wanted] = [directories[node], keys[key]];
    if (directory === undefined || wanted === undefined) throw new RangeError('there is nothing to find');
    const at = Date.now();
    const begun = performance.now();
    const answer = await directory.find(wanted);
    const told = { at, took: performance.now() - begun, key, node, outcome: answer.outcome };
    all.push(answer.outcome === 'found' ? { ...told, ...describe(answer.record) } : told);
    if (pauseMs > 0) await delay(pauseMs);
  }
  return all;
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function describe(record: SignedRecord): Pick<Found, 'digest' | 'sequence'> {
  const digest = digestOf(record.bytes);
  const sequence = record.key.kind === 'service' ? claimsOf(record)['seq'] : undefined;
  return typeof sequence === 'number' ? { digest, sequence } : { digest };
}
