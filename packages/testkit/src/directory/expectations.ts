import assert from 'node:assert/strict';
import { showRecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Directory, StoreAnswer } from '@themis-mesh/directory';
import type { TestService } from '../test-service.ts';

export async function storeAll(directory: Directory, ...records: readonly SignedRecord[]): Promise<void> {
  for (const record of records) {
    const answer = await directory.store(record);
    assert.ok(
      answer.outcome === 'stored' || answer.outcome === 'unchanged',
      `${showRecordKey(record.key)}: ${JSON.stringify(answer)}`,
    );
  }
}

export async function expectFound(directory: Directory, { key, bytes }: SignedRecord): Promise<void> {
  const answer = await directory.find(key);
  assert.ok(answer.outcome === 'found', `${showRecordKey(key)}: ${answer.outcome}`);
  assert.equal(showRecordKey(answer.record.key), showRecordKey(key));
  assert.equal(Buffer.compare(answer.record.bytes, bytes), 0, showRecordKey(key));
  assert.equal(answer.age, 0);
}

export async function instancesOf(directory: Directory, { id }: TestService): Promise<readonly string[]> {
  const answer = await directory.instances(id);
  assert.ok(answer.outcome === 'found');
  return answer.records.map(({ key }) => (key.kind === 'instance' ? key.instance : 'none')).sort();
}

type RefusedAnswer = Extract<StoreAnswer, { readonly outcome: 'refused' }>;

export function expectRefused(answer: StoreAnswer, code: RegExp, what: string): asserts answer is RefusedAnswer {
  assert.ok(answer.outcome === 'refused', `${what}: ${answer.outcome}`);
  assert.match(answer.refusal.code, code, what);
}
