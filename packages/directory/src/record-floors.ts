import type { RecordKey, SignedRecord, VerifiedRecord } from '@themis-mesh/core';

/** Remembers the newest record seen under a key beyond the life of a process. What it gives is verified like any other record. */
export interface RecordFloors {
  /** @throws ThemisError where it is there and cannot be read */
  load(key: RecordKey): Promise<SignedRecord | undefined>;
  /** A newer record was seen. Takes effect at once; writing it down may follow. */
  raise(record: VerifiedRecord): void;
}
