import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { showRecordKey, type RecordKey, type SignedRecord } from '@themis-mesh/core';

/** Writes records down for another process. @returns the paths */
export async function writeRecords(folder: string, records: readonly SignedRecord[]): Promise<readonly string[]> {
  const paths = records.map(({ key }, index) => join(folder, `${index}-${showRecordKey(key).replaceAll('/', '.')}`));
  for (const [index, { key, bytes }] of records.entries()) {
    await writeFile(paths[index] ?? '', JSON.stringify({ key, bytes: Buffer.from(bytes).toString('base64') }));
  }
  return paths;
}

export function parseRecord(text: string): SignedRecord {
  const { key, bytes } = JSON.parse(text) as { key: RecordKey; bytes: string };
  return { key, bytes: Buffer.from(bytes, 'base64') };
}
