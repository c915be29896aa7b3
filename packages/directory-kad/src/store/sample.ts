import type { VerifiedRecord } from '@themis-mesh/core';
import { KAD } from '../constants.ts';

export interface SamplePlan {
  /** The asker's zone: where there are enough, three quarters of the sample are of it. */
  readonly zone?: string | undefined;
  /** A number from 0 to below 1. */
  readonly chance: () => number;
}

/**
 * As many instances as one answer holds, drawn anew each time, each of a zone with the same chance: callers who get a part of
 * thousands shall not all get the same one. A quarter comes from anywhere, for when the zone fails as a whole.
 */
export function sampleOf(instances: readonly VerifiedRecord[], { zone, chance }: SamplePlan): readonly VerifiedRecord[] {
  if (fits(instances)) return instances;
  const near = instances.filter((record) => zone !== undefined && zoneOf(record) === zone);
  const chosen = draw(near, Math.floor((KAD.sampleRecords * 3) / 4), chance);
  const taken = new Set(chosen);
  const others = draw(
    instances.filter((record) => !taken.has(record)),
    KAD.sampleRecords - chosen.length,
    chance,
  );
  return bounded([...chosen, ...others], chance);
}

function fits(records: readonly VerifiedRecord[]): boolean {
  return records.length <= KAD.sampleRecords && sizeOf(records) <= KAD.sampleBytes;
}

function bounded(records: readonly VerifiedRecord[], chance: () => number): readonly VerifiedRecord[] {
  if (sizeOf(records) <= KAD.sampleBytes) return records;
  let bytes = 0;
  return draw(records, records.length, chance).filter((record) => {
    if (bytes + record.bytes.length > KAD.sampleBytes) return false;
    bytes += record.bytes.length;
    return true;
  });
}

function sizeOf(records: readonly VerifiedRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

export function zoneOf({ body }: VerifiedRecord): string | undefined {
  return body.kind === 'instance' ? body.statement.claims.zone : undefined;
}

/** So many of them, each with the same chance (Fisher and Yates, as far as it is needed). */
function draw<T>(from: readonly T[], count: number, chance: () => number): readonly T[] {
  const pool = [...from];
  const most = Math.min(count, pool.length);
  for (let at = 0; at < most; at += 1) {
    const other = at + Math.floor(chance() * (pool.length - at));
    const [here, there] = [pool[at], pool[other]];
    if (here === undefined || there === undefined) break;
    pool[at] = there;
    pool[other] = here;
  }
  return pool.slice(0, most);
}
