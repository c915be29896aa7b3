import { compareSequences, showRecordKey, showSequence } from '@themis-mesh/core';
import { DirectoryReader } from '@themis-mesh/directory';
import { finding, findingOf, type Finding } from './finding.ts';
import type { Patient } from './patient.ts';

/** Whether the directory answers, holds what it should, and nothing that is not believed. */
export async function checkRecords({ app, place, services }: Patient): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const reader = new DirectoryReader({
    directory: place.directory,
    app: app.history.id,
    remembered: () => undefined,
    now: () => place.now,
    onRefused: (key, { code, detail }) => {
      findings.push(finding('record-refused', `${showRecordKey(key)}: ${code} (${detail})`));
    },
  });
  const charter = await reader.app(app.history.id);
  if (charter.outcome === 'unavailable') return [findingOf(charter.error)];
  const held = charter.outcome === 'found' ? charter.value.charter : undefined;
  if (held === undefined || compareSequences(held.sequence, app.charter.sequence) < 0) {
    const found = held === undefined ? 'none' : showSequence(held.sequence);
    findings.push(finding('charter-unpublished', `the newest is ${showSequence(app.charter.sequence)}, it holds ${found}`));
  }
  for (const { name, here, id } of services) {
    if (here === undefined) continue;
    const history = await reader.history(id);
    const isHeld = history.outcome === 'found' && history.value.seq >= here.history.seq;
    if (!isHeld) findings.push(finding('history-unpublished', name));
    await reader.instances(id);
  }
  return findings;
}
